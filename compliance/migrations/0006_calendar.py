"""The rest of a company's calendar, and scopes for budgets."""

from typing import Any

from django.db import migrations, models

NEW_SCOPES = ("budgets:read", "budgets:write")


def take_scopes_back(apps: Any, schema_editor: Any) -> None:
    """Going back: what the older constraint does not know is held by nobody."""
    for account in apps.get_model("compliance", "ServiceAccount").objects.filter(scope_names__overlap=NEW_SCOPES):
        account.scope_names = [name for name in account.scope_names if name not in NEW_SCOPES]
        account.save(update_fields=["scope_names"])


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0005_audit_seals"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="serviceaccount",
            name="service_account_scopes",
        ),
        migrations.RunPython(migrations.RunPython.noop, take_scopes_back),
        migrations.AddField(
            model_name="company",
            name="fiscal_month",
            field=models.PositiveSmallIntegerField(default=1, help_text="Month with which the fiscal year begins."),
        ),
        migrations.AddField(
            model_name="company",
            name="month_day",
            field=models.PositiveSmallIntegerField(default=1, help_text="Day on which months of budgets begin, 1–28."),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("month_day__range", (1, 28))), name="company_month_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="company",
            constraint=models.CheckConstraint(
                condition=models.Q(("fiscal_month__range", (1, 12))), name="company_fiscal_month"
            ),
        ),
        migrations.AddConstraint(
            model_name="serviceaccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "scope_names__contained_by",
                        [
                            "bookings:write",
                            "budgets:read",
                            "budgets:write",
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
