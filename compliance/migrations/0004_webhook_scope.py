from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("compliance", "0003_backdate_scope")]

    operations = [
        migrations.RemoveConstraint(model_name="serviceaccount", name="service_account_scopes"),
        migrations.AddConstraint(
            model_name="serviceaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scope_names__contained_by",
                        [
                            "bookings:write",
                            "events:read",
                            "ledger:backdate",
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
