"""Envelopes of budgets and limits: floors that may be passed, windows that are turned, and the asset that counts."""

from typing import Any

from django.db import migrations, models


def add_count(apps: Any, schema_editor: Any) -> None:
    apps.get_model("ledger", "Asset").objects.create(
        code="COUNT", symbol="#", chain="", kind="COUNT", scale=0, cash_scale=0
    )


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0013_job_runs"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="account",
            name="account_floor",
        ),
        migrations.AddField(
            model_name="account",
            name="window_starts_at",
            field=models.DateTimeField(help_text="Limits: since when what is SPENT counts.", null=True),
        ),
        migrations.AlterField(
            model_name="asset",
            name="kind",
            field=models.CharField(
                choices=[("FIAT", "Fiat"), ("CRYPTO", "Crypto"), ("COUNT", "Count"), ("TOKEN", "Token")], max_length=8
            ),
        ),
        migrations.AlterField(
            model_name="event",
            name="stream",
            field=models.CharField(
                choices=[
                    ("transaction", "transaction"),
                    ("accounts", "accounts"),
                    ("budget", "budget"),
                    ("limit", "limit"),
                ],
                max_length=32,
            ),
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
                    ("AccountFloorChanged", "AccountFloorChanged"),
                    ("AllowanceChanged", "AllowanceChanged"),
                    ("AllowanceTurned", "AllowanceTurned"),
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
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("min_balance__isnull", True),
                    ("balance__gte", models.F("min_balance")),
                    models.Q(("book", "allowance"), ("bucket", "AVAILABLE")),
                    _connector="OR",
                ),
                name="account_floor",
            ),
        ),
        migrations.RunPython(add_count, migrations.RunPython.noop),
    ]
