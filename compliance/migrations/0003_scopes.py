"""More scopes for service accounts: back-dating, the ledger's proofs, handing in events, webhooks."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_append_only"),
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
                            "webhooks:write",
                        ],
                    )
                ),
                name="service_account_scopes",
            ),
        ),
    ]
