"""Requests for approval, what was said to them, and the rules that ask for them (ADR 0035)."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import ledger.ids

GUARDS = """
CREATE FUNCTION wallets_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refuses %', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

-- What somebody has said stays said.
CREATE TRIGGER wallets_approvalvote_no_change BEFORE UPDATE OR DELETE ON wallets_approvalvote
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse_change();
CREATE TRIGGER wallets_approvalvote_no_truncate BEFORE TRUNCATE ON wallets_approvalvote
    FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_change();

-- What was asked for never changes, and nothing does once it was decided.
CREATE TRIGGER wallets_approval_decided BEFORE UPDATE ON wallets_approval FOR EACH ROW
    WHEN (OLD.status <> 'PENDING'
          OR (OLD.id, OLD.company_id, OLD.operation, OLD.arguments, OLD.target_type, OLD.target_id, OLD.target_version,
              OLD.subject_user_id, OLD.amount, OLD.currency, OLD.impact, OLD.reason, OLD.requested_by,
              OLD.requested_role, OLD.source, OLD.steps)
             IS DISTINCT FROM
             (NEW.id, NEW.company_id, NEW.operation, NEW.arguments, NEW.target_type, NEW.target_id, NEW.target_version,
              NEW.subject_user_id, NEW.amount, NEW.currency, NEW.impact, NEW.reason, NEW.requested_by,
              NEW.requested_role, NEW.source, NEW.steps))
    EXECUTE FUNCTION wallets_refuse_change();
CREATE TRIGGER wallets_approval_keep BEFORE DELETE ON wallets_approval
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse_change();
CREATE TRIGGER wallets_approval_no_truncate BEFORE TRUNCATE ON wallets_approval
    FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_change();
CREATE TRIGGER wallets_approvalrule_keep BEFORE DELETE ON wallets_approvalrule
    FOR EACH ROW EXECUTE FUNCTION wallets_refuse_change();
CREATE TRIGGER wallets_approvalrule_no_truncate BEFORE TRUNCATE ON wallets_approvalrule
    FOR EACH STATEMENT EXECUTE FUNCTION wallets_refuse_change();
"""
NO_GUARDS = "DROP FUNCTION wallets_refuse_change() CASCADE"


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0006_calendar"),
        ("wallets", "0004_notifications"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Approval",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "operation",
                    models.CharField(help_text="A name of the registry, such as transaction.reverse.", max_length=40),
                ),
                (
                    "arguments",
                    models.JSONField(help_text="What it needs: ids, words and decimal strings, no personal data."),
                ),
                ("target_type", models.CharField(max_length=20)),
                ("target_id", models.UUIDField()),
                (
                    "target_version",
                    models.CharField(help_text="How it stood with the target when it was asked for.", max_length=200),
                ),
                ("amount", models.DecimalField(decimal_places=18, max_digits=38, null=True)),
                ("currency", models.CharField(blank=True, max_length=16)),
                (
                    "impact",
                    models.JSONField(help_text="What the checker is shown: label, before and after of each figure."),
                ),
                ("reason", models.CharField(max_length=500)),
                ("requested_by", models.UUIDField(help_text="User or service account.")),
                ("requested_role", models.CharField(max_length=16)),
                ("source", models.CharField(choices=[("ADMIN", "Admin"), ("API", "Api")], max_length=8)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("APPROVED", "Approved"),
                            ("REJECTED", "Rejected"),
                            ("WITHDRAWN", "Withdrawn"),
                            ("EXPIRED", "Expired"),
                            ("STALE", "Stale"),
                        ],
                        default="PENDING",
                        max_length=9,
                    ),
                ),
                ("steps", models.JSONField(help_text="Who has to agree, as the rules of that moment say it.")),
                ("expires_at", models.DateTimeField()),
                ("reminded_at", models.DateTimeField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "outcome",
                    models.JSONField(
                        default=dict, help_text="What came of it: ids, or the code and words of what refused."
                    ),
                ),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalRule",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=100)),
                ("operation", models.CharField(max_length=40)),
                (
                    "blocks",
                    models.JSONField(
                        default=list, help_text="It matches when all conditions of one block hold; empty = always."
                    ),
                ),
                (
                    "checkers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16), help_text="Roles of those who may check.", size=None
                    ),
                ),
                ("needed", models.PositiveSmallIntegerField(default=1, help_text="How many of them.")),
                ("is_active", models.BooleanField(default=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ApprovalVote",
            fields=[
                ("id", models.UUIDField(default=ledger.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("role", models.CharField(max_length=16)),
                ("verdict", models.CharField(choices=[("APPROVE", "Approve"), ("REJECT", "Reject")], max_length=7)),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="notification",
            name="notification_kind",
        ),
        migrations.RemoveConstraint(
            model_name="notificationpreference",
            name="notification_preference_kind",
        ),
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("WALLET_FROZEN", "WALLET_FROZEN"),
                    ("WALLET_SUSPENDED", "WALLET_SUSPENDED"),
                    ("WALLET_CLOSED", "WALLET_CLOSED"),
                    ("WALLET_REOPENED", "WALLET_REOPENED"),
                    ("SPEND_REFUSED", "SPEND_REFUSED"),
                    ("MONEY_RECEIVED", "MONEY_RECEIVED"),
                    ("HOLD_EXPIRED", "HOLD_EXPIRED"),
                    ("BUDGET_THRESHOLD_REACHED", "BUDGET_THRESHOLD_REACHED"),
                    ("BUDGET_EXCEEDED", "BUDGET_EXCEEDED"),
                    ("BUDGET_CHANGED", "BUDGET_CHANGED"),
                    ("BUDGET_REQUEST_OPENED", "BUDGET_REQUEST_OPENED"),
                    ("BUDGET_REQUEST_DECIDED", "BUDGET_REQUEST_DECIDED"),
                    ("APPROVAL_REQUESTED", "APPROVAL_REQUESTED"),
                    ("APPROVAL_DECIDED", "APPROVAL_DECIDED"),
                ],
                max_length=32,
            ),
        ),
        migrations.AlterField(
            model_name="notificationpreference",
            name="kind",
            field=models.CharField(
                choices=[
                    ("WALLET_FROZEN", "WALLET_FROZEN"),
                    ("WALLET_SUSPENDED", "WALLET_SUSPENDED"),
                    ("WALLET_CLOSED", "WALLET_CLOSED"),
                    ("WALLET_REOPENED", "WALLET_REOPENED"),
                    ("SPEND_REFUSED", "SPEND_REFUSED"),
                    ("MONEY_RECEIVED", "MONEY_RECEIVED"),
                    ("HOLD_EXPIRED", "HOLD_EXPIRED"),
                    ("BUDGET_THRESHOLD_REACHED", "BUDGET_THRESHOLD_REACHED"),
                    ("BUDGET_EXCEEDED", "BUDGET_EXCEEDED"),
                    ("BUDGET_CHANGED", "BUDGET_CHANGED"),
                    ("BUDGET_REQUEST_OPENED", "BUDGET_REQUEST_OPENED"),
                    ("BUDGET_REQUEST_DECIDED", "BUDGET_REQUEST_DECIDED"),
                    ("APPROVAL_REQUESTED", "APPROVAL_REQUESTED"),
                    ("APPROVAL_DECIDED", "APPROVAL_DECIDED"),
                ],
                max_length=32,
            ),
        ),
        migrations.AddConstraint(
            model_name="notification",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
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
                        ],
                    )
                ),
                name="notification_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="notificationpreference",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "kind__in",
                        [
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
                        ],
                    )
                ),
                name="notification_preference_kind",
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.company"
            ),
        ),
        migrations.AddField(
            model_name="approval",
            name="subject_user",
            field=models.ForeignKey(
                db_index=False,
                help_text="Whose wallet or budget it is about.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalrule",
            name="company",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="compliance.company"
            ),
        ),
        migrations.AddField(
            model_name="approvalvote",
            name="approval",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="votes", to="wallets.approval"
            ),
        ),
        migrations.AddField(
            model_name="approvalvote",
            name="on_behalf_of",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="approvalvote",
            name="voter",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["company", "created_at", "id"], name="approval_company"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(condition=models.Q(("status", "PENDING")), fields=["target_id"], name="approval_target"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["requested_by", "created_at"], name="approval_maker"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(fields=["subject_user", "created_at"], name="approval_subject"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=models.Index(condition=models.Q(("status", "PENDING")), fields=["expires_at"], name="approval_due"),
        ),
        migrations.AddIndex(
            model_name="approval",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["steps"], name="approval_checkers", opclasses=["jsonb_path_ops"]
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="approval_reason"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "EXPIRED", "STALE"])
                ),
                name="approval_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["ADMIN", "API"])), name="approval_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__isnull", True),
                    models.Q(("amount__gt", Decimal("0")), ("amount__lt", Decimal("100000000000000000000"))),
                    _connector="OR",
                ),
                name="approval_amount",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "PENDING"), ("decided_at__isnull", False), _connector="XOR"),
                name="approval_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.CheckConstraint(condition=models.Q(("steps", []), _negated=True), name="approval_steps"),
        ),
        migrations.AddConstraint(
            model_name="approval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "PENDING")),
                fields=("company", "operation", "target_id"),
                name="approval_one_pending",
            ),
        ),
        migrations.AddIndex(
            model_name="approvalrule",
            index=models.Index(fields=["company", "operation"], name="approval_rule_company"),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.UniqueConstraint(fields=("company", "name"), name="approval_rule_name"),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="approval_rule_has_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("needed__range", (1, 3))), name="approval_rule_needed"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("checkers__contained_by", ["COMPLIANCE", "FINANCE", "MANAGER"]), ("checkers__len__gte", 1)
                ),
                name="approval_rule_checkers",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalvote",
            constraint=models.UniqueConstraint(fields=("approval", "voter"), name="approval_vote_once"),
        ),
        migrations.AddConstraint(
            model_name="approvalvote",
            constraint=models.UniqueConstraint(
                condition=models.Q(("on_behalf_of__isnull", False)),
                fields=("approval", "on_behalf_of"),
                name="approval_vote_once_for",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalvote",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict__in", ["APPROVE", "REJECT"])), name="approval_vote_verdict"
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalvote",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="approval_vote_reason"
            ),
        ),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
