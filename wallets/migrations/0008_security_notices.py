"""A kind of notification about who can log in as somebody."""

from django.db import migrations, models

KINDS = [
    "WALLET_FROZEN",
    "WALLET_SUSPENDED",
    "WALLET_CLOSED",
    "WALLET_REOPENED",
    "SPEND_REFUSED",
    "MONEY_RECEIVED",
    "HOLD_EXPIRED",
    "BUDGET_THRESHOLD_REACHED",
    "BUDGET_EXCEEDED",
    "BUDGET_CHANGED",
    "BUDGET_REQUEST_OPENED",
    "BUDGET_REQUEST_DECIDED",
    "APPROVAL_REQUESTED",
    "APPROVAL_DECIDED",
    "SECURITY_CHANGED",
]
ALWAYS_IN_APP = ["SECURITY_CHANGED", "WALLET_CLOSED", "WALLET_FROZEN", "WALLET_REOPENED", "WALLET_SUSPENDED"]
CHOICES = [(kind, kind) for kind in KINDS]


class Migration(migrations.Migration):
    dependencies = [
        ("wallets", "0007_notes"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="notification", name="notification_kind"),
        migrations.RemoveConstraint(model_name="notificationpreference", name="notification_preference_kind"),
        migrations.RemoveConstraint(model_name="notificationpreference", name="notification_preference_fixed"),
        migrations.AlterField(
            model_name="notification", name="kind", field=models.CharField(choices=CHOICES, max_length=32)
        ),
        migrations.AlterField(
            model_name="notificationpreference", name="kind", field=models.CharField(choices=CHOICES, max_length=32)
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(condition=models.Q(("kind__in", KINDS)), name="notification_kind"),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", KINDS)), name="notification_preference_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("in_app", True),
                    models.Q(("kind__in", ALWAYS_IN_APP), _negated=True),
                    _connector="OR",
                ),
                name="notification_preference_fixed",
            ),
        ),
    ]
