"""The Merkle tree over all events and its signed heads (ADR 0018), which nobody changes."""

import django.db.models.deletion
from django.db import migrations, models

GUARDS = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_sealedleaf
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_sealnode
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();

CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_seal EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_sealedleaf EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_sealnode EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_holds")]

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(help_text="1, 2, 3, … without a gap.", unique=True)),
                ("first_index", models.BigIntegerField(help_text="The first leaf that it added.")),
                ("tree_size", models.BigIntegerField(help_text="Leaves of the tree after it.", unique=True)),
                ("root", models.BinaryField(max_length=32)),
                ("previous_root", models.BinaryField(max_length=32)),
                (
                    "horizon_xid",
                    models.BigIntegerField(help_text="All events of database transactions below it are sealed."),
                ),
                ("sealed_at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=64)),
                ("algorithm", models.CharField(max_length=16)),
                ("signature", models.BinaryField(max_length=64)),
            ],
            options={
                "indexes": [models.Index(fields=["sealed_at", "id"], name="seal_time")],
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="seal_number_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("first_index__gte", 0), ("tree_size__gt", models.F("first_index"))),
                        name="seal_adds_leaves",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealNode",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "level", "index", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("level", models.PositiveSmallIntegerField(help_text="Two to the power of it leaves are below.")),
                ("index", models.BigIntegerField(help_text="Counts the subtrees of this level from the left.")),
                ("hash", models.BinaryField(max_length=32)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("index__gte", 0), ("level__gte", 1)), name="seal_node_place"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedLeaf",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("data", models.BinaryField(help_text="The bytes that are hashed (docs/sealing.md).")),
                ("secret", models.BinaryField(max_length=16)),
                ("hash", models.BinaryField(max_length=32)),
                (
                    "event",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="ledger.event",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("index__gte", 0)), name="sealed_leaf_index")
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
