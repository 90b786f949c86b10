"""A second signed tree: over records of the floors above, such as the audit trail (ADR 0030). Nobody changes it."""

from django.db import migrations, models

TABLES = ("ledger_recordseal", "ledger_sealedrecord", "ledger_recordnode")
GUARDS = "".join(
    f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ledger_refuse_change();
"""
    for table in TABLES
)
HORIZON = "Everything of database transactions below it is sealed."


class Migration(migrations.Migration):
    dependencies = [("ledger", "0014_allowances")]

    operations = [
        migrations.AlterField(model_name="seal", name="horizon_xid", field=models.BigIntegerField(help_text=HORIZON)),
        migrations.CreateModel(
            name="RecordSeal",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(help_text="1, 2, 3, … without a gap.", unique=True)),
                ("first_index", models.BigIntegerField(help_text="The first leaf that it added.")),
                ("tree_size", models.BigIntegerField(help_text="Leaves of the tree after it.", unique=True)),
                ("root", models.BinaryField(max_length=32)),
                ("previous_root", models.BinaryField(max_length=32)),
                ("horizon_xid", models.BigIntegerField(help_text=HORIZON)),
                ("sealed_at", models.DateTimeField()),
                ("key_id", models.CharField(max_length=64)),
                ("algorithm", models.CharField(max_length=16)),
                ("signature", models.BinaryField(max_length=64)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("number__gte", 1)), name="record_seal_number_positive"),
                    models.CheckConstraint(
                        condition=models.Q(("first_index__gte", 0), ("tree_size__gt", models.F("first_index"))),
                        name="record_seal_adds_leaves",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SealedRecord",
            fields=[
                ("index", models.BigIntegerField(primary_key=True, serialize=False)),
                ("data", models.BinaryField(help_text="The bytes that are hashed (docs/sealing.md).")),
                ("hash", models.BinaryField(max_length=32)),
                ("record_id", models.UUIDField(unique=True)),
                (
                    "secret",
                    models.BinaryField(help_text="Its second half is for what is erasable.", max_length=32),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("index__gte", 0)), name="sealed_record_index")
                ],
            },
        ),
        migrations.CreateModel(
            name="RecordNode",
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
                        condition=models.Q(("index__gte", 0), ("level__gte", 1)), name="record_node_place"
                    )
                ],
            },
        ),
        migrations.RunSQL(GUARDS, migrations.RunSQL.noop),
    ]
