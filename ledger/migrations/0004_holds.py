"""Holds, and documents that go on after they were made: captured, refunded, reversed.

Wallets count from here on every event that touches any of their accounts; `life_seq` takes over what
`version - seq` said until now.
"""

from decimal import Decimal

import django.db.models.deletion
from django.db import migrations, models

LIVES = "UPDATE ledger_account SET life_seq = version - seq;"

HOLDS = """
CREATE TRIGGER keep BEFORE DELETE ON ledger_reservation FOR EACH ROW EXECUTE FUNCTION ledger_refuse_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON ledger_reservation EXECUTE FUNCTION ledger_refuse_change();

-- A hold that has ended stays as it is; of one that has not, who, what and how much stay. Where its money goes is said
-- once.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_reservation FOR EACH ROW
    WHEN (OLD.status <> 'ACTIVE'
          OR NEW.captured_amount < OLD.captured_amount OR NEW.released_amount < OLD.released_amount
          OR (OLD.id, OLD.transaction_id, OLD.wallet_id, OLD.asset_id, OLD.amount, OLD.purpose, OLD.created_at)
             IS DISTINCT FROM
             (NEW.id, NEW.transaction_id, NEW.wallet_id, NEW.asset_id, NEW.amount, NEW.purpose, NEW.created_at)
          OR (OLD.destination_wallet_id IS NOT NULL
              AND NEW.destination_wallet_id IS DISTINCT FROM OLD.destination_wallet_id)
          OR jsonb_set(NEW.parts, '{0,target}', 'null') IS DISTINCT FROM jsonb_set(OLD.parts, '{0,target}', 'null')
          OR (OLD.parts #>> '{0,target}' IS NOT NULL AND NEW.parts #>> '{0,target}' IS DISTINCT FROM
              OLD.parts #>> '{0,target}'))
    EXECUTE FUNCTION ledger_refuse_change();

ALTER TABLE ledger_reservation SET (fillfactor = 70);
"""
UNDO_HOLDS = """
DROP TRIGGER keep ON ledger_reservation;
DROP TRIGGER no_truncate ON ledger_reservation;
DROP TRIGGER fixed_columns ON ledger_reservation;
"""

DOCUMENTS = """
DROP TRIGGER fixed_columns ON ledger_transaction;

-- A document moves through its states; who, what and how much stay. Only while money is held may a capture say where
-- it goes and that it is less, and what was refunded only grows.
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_transaction FOR EACH ROW
    WHEN ((OLD.id, OLD.company_id, OLD.type, OLD.source_wallet_id, OLD.asset_id, OLD.fee_amount,
           OLD.original_transaction_id, OLD.command_id, OLD.initiated_by, OLD.created_at)
          IS DISTINCT FROM
          (NEW.id, NEW.company_id, NEW.type, NEW.source_wallet_id, NEW.asset_id, NEW.fee_amount,
           NEW.original_transaction_id, NEW.command_id, NEW.initiated_by, NEW.created_at)
          OR ((OLD.amount, OLD.total_amount) IS DISTINCT FROM (NEW.amount, NEW.total_amount)
              AND (OLD.state IN ('COMPLETED', 'FAILED', 'REVERSED', 'CANCELLED')
                   OR NEW.amount > OLD.amount))
          OR (OLD.destination_wallet_id IS DISTINCT FROM NEW.destination_wallet_id
              AND (OLD.state IN ('COMPLETED', 'FAILED', 'REVERSED', 'CANCELLED')
                   OR OLD.destination_wallet_id IS NOT NULL))
          OR (OLD.state <> NEW.state AND (OLD.state IN ('FAILED', 'REVERSED', 'CANCELLED')
                                          OR (OLD.state = 'COMPLETED' AND NEW.state <> 'REVERSED')))
          OR NEW.refunded_amount < OLD.refunded_amount OR NEW.version < OLD.version)
    EXECUTE FUNCTION ledger_refuse_change();
"""
UNDO_DOCUMENTS = """
DROP TRIGGER fixed_columns ON ledger_transaction;
CREATE TRIGGER fixed_columns BEFORE UPDATE ON ledger_transaction FOR EACH ROW
    WHEN ((OLD.id, OLD.company_id, OLD.type, OLD.source_wallet_id, OLD.destination_wallet_id, OLD.asset_id,
           OLD.amount, OLD.fee_amount, OLD.total_amount, OLD.command_id, OLD.initiated_by, OLD.created_at)
          IS DISTINCT FROM
          (NEW.id, NEW.company_id, NEW.type, NEW.source_wallet_id, NEW.destination_wallet_id, NEW.asset_id,
           NEW.amount, NEW.fee_amount, NEW.total_amount, NEW.command_id, NEW.initiated_by, NEW.created_at))
    EXECUTE FUNCTION ledger_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_assets"),
    ]

    operations = [
        migrations.CreateModel(
            name="Reservation",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("wallet_id", models.UUIDField()),
                ("destination_wallet_id", models.UUIDField(null=True)),
                ("amount", models.DecimalField(decimal_places=18, max_digits=38)),
                ("captured_amount", models.DecimalField(decimal_places=18, default=0, max_digits=38)),
                ("released_amount", models.DecimalField(decimal_places=18, default=0, max_digits=38)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "ACTIVE"),
                            ("COMPLETED", "COMPLETED"),
                            ("RELEASED", "RELEASED"),
                            ("EXPIRED", "EXPIRED"),
                        ],
                        default="ACTIVE",
                        max_length=16,
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("purpose", models.CharField(blank=True, max_length=200)),
                (
                    "parts",
                    models.JSONField(help_text="The accounts it is taken from, lies on and goes to; the money first."),
                ),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="account",
            name="account_counters",
        ),
        migrations.AddField(
            model_name="account",
            name="life_seq",
            field=models.BigIntegerField(default=0, help_text="Number of other events: opened, status changed."),
        ),
        migrations.RunSQL(LIVES, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="transaction",
            name="original_transaction_id",
            field=models.UUIDField(help_text="What a refund or a reversal undoes.", null=True),
        ),
        migrations.AddField(
            model_name="transaction",
            name="refunded_amount",
            field=models.DecimalField(decimal_places=18, default=0, max_digits=38),
        ),
        migrations.AlterField(
            model_name="account",
            name="version",
            field=models.BigIntegerField(default=0, help_text="Number of events; of all its wallet's on AVAILABLE."),
        ),
        migrations.AlterField(
            model_name="event",
            name="type",
            field=models.CharField(
                choices=[
                    ("AccountsOpened", "AccountsOpened"),
                    ("AccountStatusChanged", "AccountStatusChanged"),
                    ("TransactionCompleted", "TransactionCompleted"),
                    ("TransactionFailed", "TransactionFailed"),
                    ("TransactionRefunded", "TransactionRefunded"),
                    ("TransactionReversed", "TransactionReversed"),
                    ("ReservationCreated", "ReservationCreated"),
                    ("ReservationCaptured", "ReservationCaptured"),
                    ("ReservationReleased", "ReservationReleased"),
                    ("ReservationExpired", "ReservationExpired"),
                    ("ReservationExtended", "ReservationExtended"),
                    ("ReservationAdvanced", "ReservationAdvanced"),
                    ("ReservationRefused", "ReservationRefused"),
                ],
                max_length=64,
            ),
        ),
        migrations.AddIndex(
            model_name="transaction",
            index=models.Index(
                condition=models.Q(("original_transaction_id__isnull", False)),
                fields=["original_transaction_id"],
                name="transaction_original",
            ),
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("life_seq__gte", 0), ("seq__gte", 0), ("version__gte", models.F("seq") + models.F("life_seq"))
                ),
                name="account_counters",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("refunded_amount__gte", Decimal("0")),
                    ("refunded_amount__lt", Decimal("100000000000000000000")),
                    ("refunded_amount__lte", models.F("amount")),
                ),
                name="transaction_refunded",
            ),
        ),
        migrations.AddConstraint(
            model_name="transaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("type__in", ["REFUND", "REVERSAL"]), ("original_transaction_id__isnull", True), _connector="XOR"
                ),
                name="transaction_undoes_another",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="asset",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="ledger.asset"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="transaction",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="ledger.transaction",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["wallet_id", "created_at", "id"], name="reservation_wallet"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["destination_wallet_id", "created_at", "id"], name="reservation_destination"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(fields=["created_at", "id"], name="reservation_created"),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("status", "ACTIVE")), fields=["expires_at"], name="reservation_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", Decimal("0")), ("amount__lt", Decimal("100000000000000000000"))),
                name="reservation_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("captured_amount__gte", Decimal("0")), ("captured_amount__lt", Decimal("100000000000000000000"))
                ),
                name="reservation_captured",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("released_amount__gte", Decimal("0")), ("released_amount__lt", Decimal("100000000000000000000"))
                ),
                name="reservation_released",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("amount__gt", models.F("captured_amount") + models.F("released_amount")), ("status", "ACTIVE")
                    ),
                    models.Q(
                        ("amount", models.F("captured_amount") + models.F("released_amount")),
                        ("status__in", ["COMPLETED", "RELEASED", "EXPIRED"]),
                    ),
                    _connector="OR",
                ),
                name="reservation_adds_up",
            ),
        ),
        migrations.RunSQL(HOLDS, UNDO_HOLDS),
        migrations.RunSQL(DOCUMENTS, UNDO_DOCUMENTS),
    ]
