"""Second factors and recovery codes; log-ins to the back office become rows beside those of the interface (ADR 0036)."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def forget_desks(apps: Any, schema_editor: Any) -> None:
    """Going back: the older constraints do not know log-ins to the back office. Whoever is in logs in again."""
    sessions = apps.get_model("compliance", "LoginSession").objects
    sessions.filter(channel="BACK_OFFICE").delete()
    sessions.filter(revoked_reason="FACTOR_CHANGED").update(revoked_reason="ACCESS_CHANGED")


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0006_calendar"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecoveryCode",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("code_hash", models.CharField(max_length=128)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="SecondFactor",
            fields=[
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="second_factor",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "encrypted_key",
                    models.CharField(help_text="What the app shares with us, by Fernet.", max_length=255),
                ),
                (
                    "last_step",
                    models.PositiveBigIntegerField(help_text="Time step of the last code; only later ones are good."),
                ),
                (
                    "failures",
                    models.PositiveIntegerField(default=0, help_text="Wrong codes in a row, since the last right one."),
                ),
                ("enrolled_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="loginsession",
            name="login_session_one_holder",
        ),
        migrations.RemoveConstraint(
            model_name="loginsession",
            name="login_session_end_has_reason",
        ),
        migrations.AddField(
            model_name="loginsession",
            name="channel",
            field=models.CharField(
                choices=[("INTERFACE", "Interface"), ("BACK_OFFICE", "Back Office")],
                db_default="INTERFACE",
                default="INTERFACE",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="loginsession",
            name="confirmed_at",
            field=models.DateTimeField(help_text="When password and second factor were asked for again.", null=True),
        ),
        migrations.AlterField(
            model_name="loginsession",
            name="refresh_jti",
            field=models.UUIDField(
                help_text="The one good refresh token; services and the back office have none.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="loginsession",
            name="revoked_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("LOGGED_OUT", "Logged Out"),
                    ("REFRESH_REUSED", "Refresh Reused"),
                    ("ACCESS_CHANGED", "Access Changed"),
                    ("PASSWORD_CHANGED", "Password Changed"),
                    ("ENDED_BY_STAFF", "Ended By Staff"),
                    ("FACTOR_CHANGED", "Factor Changed"),
                    ("CROWDED_OUT", "Crowded Out"),
                ],
                max_length=24,
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_desks),
        migrations.AddConstraint(
            model_name="loginsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("channel", "INTERFACE"),
                        ("refresh_jti__isnull", False),
                        ("service_account__isnull", True),
                        ("user__isnull", False),
                    ),
                    models.Q(
                        ("channel", "INTERFACE"),
                        ("refresh_jti__isnull", True),
                        ("service_account__isnull", False),
                        ("user__isnull", True),
                    ),
                    models.Q(
                        ("channel", "BACK_OFFICE"),
                        ("refresh_jti__isnull", True),
                        ("service_account__isnull", True),
                        ("user__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="login_session_one_holder",
            ),
        ),
        migrations.AddConstraint(
            model_name="loginsession",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("revoked_at__isnull", True), ("revoked_reason", "")),
                    models.Q(
                        ("revoked_at__isnull", False),
                        (
                            "revoked_reason__in",
                            [
                                "LOGGED_OUT",
                                "REFRESH_REUSED",
                                "ACCESS_CHANGED",
                                "PASSWORD_CHANGED",
                                "ENDED_BY_STAFF",
                                "FACTOR_CHANGED",
                                "CROWDED_OUT",
                            ],
                        ),
                    ),
                    _connector="OR",
                ),
                name="login_session_end_has_reason",
            ),
        ),
        migrations.AddField(
            model_name="recoverycode",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="recovery_codes", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="recoverycode",
            constraint=models.CheckConstraint(
                condition=models.Q(("code_hash__contains", "$")), name="recovery_code_is_hashed"
            ),
        ),
        migrations.AddConstraint(
            model_name="secondfactor",
            constraint=models.CheckConstraint(
                condition=models.Q(("encrypted_key__startswith", "gAAAA")), name="second_factor_is_encrypted"
            ),
        ),
    ]
