import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ledger.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Wallet",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "type",
                    models.CharField(
                        choices=[("PRIMARY", "Primary"), ("SAVINGS", "Savings"), ("BUSINESS", "Business")],
                        default="PRIMARY",
                        max_length=16,
                    ),
                ),
                ("currency", models.CharField(max_length=16)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("SUSPENDED", "Suspended"),
                            ("FROZEN", "Frozen"),
                            ("CLOSED", "Closed"),
                        ],
                        default="ACTIVE",
                        max_length=16,
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False)),
                ("updated_at", models.DateTimeField(editable=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="wallets", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["status", "created_at", "id"], name="wallet_status_created"),
                    models.Index(fields=["created_at", "id"], name="wallet_created"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("currency__in", ("USD", "EUR", "INR", "GBP"))), name="wallet_currency"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["PRIMARY", "SAVINGS", "BUSINESS"])), name="wallet_type"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["ACTIVE", "SUSPENDED", "FROZEN", "CLOSED"])),
                        name="wallet_status",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("type", "PRIMARY"), models.Q(("status", "CLOSED"), _negated=True)),
                        fields=("user",),
                        name="wallet_one_primary",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "CLOSED"), _negated=True),
                        fields=("user", "type", "currency"),
                        name="wallet_one_per_type_and_currency",
                    ),
                ],
            },
        ),
    ]
