"""Requests that a second person has to approve, what people said to them, and the rules that ask for it (ADR 0035)."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from compliance.models import Company
from ledger.ids import new_id
from ledger.money import LIMIT
from wallets.core.approving import CHECKERS, MOST_NEEDED


class ApprovalStatus(models.TextChoices):
    """STALE: approved by enough people, but what it was about had changed, or it was refused when it was done."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"
    STALE = "STALE"


class Source(models.TextChoices):
    """Where somebody has asked."""

    ADMIN = "ADMIN"
    API = "API"


class Verdict(models.TextChoices):
    APPROVE = "APPROVE"
    REJECT = "REJECT"


class Approval(models.Model):
    """Somebody asks for something that only two may do: a command that waits for its second person.

    It says what shall be done, not what a row shall become; when enough people have agreed it is done the same way as
    without them, if nothing has changed. What was decided never changes again; rejected ones are kept for ever.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    operation = models.CharField(max_length=40, help_text="A name of the registry, such as transaction.reverse.")
    arguments = models.JSONField(help_text="What it needs: ids, words and decimal strings, no personal data.")
    target_type = models.CharField(max_length=20)
    target_id = models.UUIDField()
    target_version = models.CharField(max_length=200, help_text="How it stood with the target when it was asked for.")
    subject_user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        db_index=False,
        help_text="Whose wallet or budget it is about.",
    )
    amount = models.DecimalField(max_digits=38, decimal_places=18, null=True)
    currency = models.CharField(max_length=16, blank=True)
    impact = models.JSONField(help_text="What the checker is shown: label, before and after of each figure.")
    reason = models.CharField(max_length=500)
    requested_by = models.UUIDField(help_text="User or service account.")
    requested_role = models.CharField(max_length=16)
    source = models.CharField(max_length=8, choices=Source)
    status = models.CharField(max_length=9, choices=ApprovalStatus, default=ApprovalStatus.PENDING)
    steps = models.JSONField(help_text="Who has to agree, as the rules of that moment say it.")
    expires_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    outcome = models.JSONField(default=dict, help_text="What came of it: ids, or the code and words of what refused.")
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(name="approval_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="approval_status", condition=Q(status__in=ApprovalStatus.values)),
            models.CheckConstraint(name="approval_source", condition=Q(source__in=Source.values)),
            models.CheckConstraint(
                name="approval_amount", condition=Q(amount__isnull=True) | Q(amount__gt=Decimal(0), amount__lt=LIMIT)
            ),
            models.CheckConstraint(
                name="approval_decided", condition=Q(status="PENDING") ^ Q(decided_at__isnull=False)
            ),
            models.CheckConstraint(name="approval_steps", condition=~Q(steps=[])),
            models.UniqueConstraint(
                name="approval_one_pending", fields=["company", "operation", "target_id"], condition=Q(status="PENDING")
            ),
        ]
        indexes = [
            models.Index(name="approval_company", fields=["company", "created_at", "id"]),
            models.Index(name="approval_target", fields=["target_id"], condition=Q(status="PENDING")),
            models.Index(name="approval_maker", fields=["requested_by", "created_at"]),
            models.Index(name="approval_subject", fields=["subject_user", "created_at"]),
            models.Index(name="approval_due", fields=["expires_at"], condition=Q(status="PENDING")),
            GinIndex(name="approval_checkers", fields=["steps"], opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.id}"


class ApprovalVote(models.Model):
    """One person's word about a request. Append-only.

    `role` is the one it counts with: his own, or that of the colleague for whom he stood in.
    """

    APPEND_ONLY = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    approval = models.ForeignKey(Approval, on_delete=models.PROTECT, related_name="votes", db_index=False)
    voter = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16)
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, db_index=False
    )
    verdict = models.CharField(max_length=7, choices=Verdict)
    reason = models.CharField(max_length=500)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(name="approval_vote_once", fields=["approval", "voter"]),
            models.UniqueConstraint(
                name="approval_vote_once_for",
                fields=["approval", "on_behalf_of"],
                condition=Q(on_behalf_of__isnull=False),
            ),
            models.CheckConstraint(name="approval_vote_verdict", condition=Q(verdict__in=Verdict.values)),
            models.CheckConstraint(name="approval_vote_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.verdict} {self.approval_id}"


class ApprovalRule(models.Model):
    """When an operation needs somebody to check it, and whom. Every active rule that matches adds a step.

    Changed only by an approved request (`approval_rule.set`), except that a new company is given its first ones.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="+", db_index=False)
    name = models.CharField(max_length=100)
    operation = models.CharField(max_length=40)
    blocks = models.JSONField(
        default=list, help_text="It matches when all conditions of one block hold; empty = always."
    )
    checkers = ArrayField(models.CharField(max_length=16), help_text="Roles of those who may check.")
    needed = models.PositiveSmallIntegerField(default=1, help_text="How many of them.")
    is_active = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="approval_rule_name", fields=["company", "name"]),
            models.CheckConstraint(name="approval_rule_has_name", condition=~Q(name="")),
            models.CheckConstraint(name="approval_rule_needed", condition=Q(needed__range=(1, MOST_NEEDED))),
            models.CheckConstraint(
                name="approval_rule_checkers",
                condition=Q(checkers__contained_by=sorted(CHECKERS)) & Q(checkers__len__gte=1),
            ),
        ]
        indexes = [models.Index(name="approval_rule_company", fields=["company", "operation"])]

    def __str__(self) -> str:
        return self.name
