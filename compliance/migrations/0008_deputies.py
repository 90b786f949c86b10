"""Deputies, who administers access, and who prepared a service account (ADR 0037)."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import ledger.ids

OF_ONE_COMPANY = """
ALTER TABLE compliance_deputy
    ADD CONSTRAINT deputy_principal_of_company
        FOREIGN KEY (principal_id, company_id) REFERENCES compliance_user (id, company_id),
    ADD CONSTRAINT deputy_deputy_of_company
        FOREIGN KEY (deputy_id, company_id) REFERENCES compliance_user (id, company_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0007_second_factor"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="administers_access",
            field=models.BooleanField(
                default=False, help_text="Decides who may what, and has no right over anybody's money."
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(("administers_access", False), ("role", "EMPLOYEE"), _connector="OR"),
                name="user_access_apart_from_money",
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(fields=("id", "company"), name="user_and_its_company"),
        ),
        migrations.AddField(
            model_name="serviceaccount",
            name="prepared_by",
            field=models.ForeignKey(
                db_index=False,
                help_text="Who was shown its secret in the back office; somebody else puts it to work.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Deputy",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(help_text="When somebody ended it before its time.", null=True)),
                ("reason", models.CharField(max_length=500)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                (
                    "company",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.company",
                    ),
                ),
                (
                    "deputy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stands_in_for",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "principal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deputies",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deputies",
                "indexes": [models.Index(fields=["company", "starts_at"], name="deputy_company_start")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("principal", models.F("deputy")), _negated=True),
                        name="deputy_is_somebody_else",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("ends_at__gt", models.F("starts_at"))), name="deputy_ends_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ended_at__isnull", True), ("ended_at__lt", models.F("ends_at")), _connector="OR"
                        ),
                        name="deputy_ended_early",
                    ),
                    models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="deputy_has_reason"),
                ],
            },
        ),
        migrations.RunSQL(
            OF_ONE_COMPANY,
            "ALTER TABLE compliance_deputy DROP CONSTRAINT deputy_principal_of_company,"
            " DROP CONSTRAINT deputy_deputy_of_company",
        ),
    ]
