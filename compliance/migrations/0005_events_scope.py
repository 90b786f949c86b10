"""The scopes that service accounts may have: handing in events of other services too."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_months"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="serviceaccount",
            name="service_account_scopes",
        ),
        migrations.AddConstraint(
            model_name="serviceaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scope_names__contained_by",
                        [
                            "bookings:write",
                            "events:read",
                            "events:write",
                            "ledger:backdate",
                            "ledger:read",
                            "transfers:write",
                            "users:read",
                            "users:write",
                            "wallets:read",
                            "wallets:write",
                        ],
                    )
                ),
                name="service_account_scopes",
            ),
        ),
    ]
