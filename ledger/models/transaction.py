from __future__ import annotations

from django.db import models
from django.db.models import Case, F, Q, Value, When

from ledger.core.commands import TransactionType
from ledger.core.stages import TERMINAL_STATES, TransactionState
from ledger.models.asset import Asset
from ledger.models.command import Command
from ledger.models.fields import money, not_negative, positive

TERMINAL = [state.value for state in TERMINAL_STATES]


class Transaction(models.Model):
    """The customer's document. Its row is the present state, its events are its history. A partition a month.

    Wallet ids are owner ids of accounts: the ledger has no foreign key upwards.
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, editable=False)
    company_id = models.UUIDField()
    type = models.CharField(max_length=16, choices=[(t.value, t.value) for t in TransactionType])
    state = models.CharField(max_length=24, choices=[(s.value, s.value) for s in TransactionState])
    status = models.GeneratedField(
        expression=Case(When(state__in=TERMINAL, then=F("state")), default=Value("PENDING")),
        output_field=models.CharField(max_length=24),
        db_persist=True,
    )
    source_wallet_id = models.UUIDField(null=True)
    destination_wallet_id = models.UUIDField(null=True)
    asset = models.ForeignKey(Asset, on_delete=models.PROTECT, related_name="+", db_index=False)
    amount = money()
    fee_amount = money(default=0)
    total_amount = money()
    refunded_amount = money(default=0)
    original_transaction_id = models.UUIDField(null=True, help_text="What a refund or a reversal undoes.")
    reference_type = models.CharField(max_length=50, blank=True)
    reference_id = models.CharField(max_length=100, blank=True)
    external_reference_id = models.CharField(max_length=100, blank=True)
    description = models.CharField(max_length=500, blank=True)
    metadata = models.JSONField(default=dict)
    refusal_code = models.CharField(max_length=64, blank=True)
    risk_score = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    command = models.ForeignKey(Command, on_delete=models.PROTECT, related_name="+", db_index=False)
    initiated_by = models.UUIDField(null=True)
    effective_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(name="transaction_amount", condition=positive("amount")),
            models.CheckConstraint(name="transaction_fee", condition=not_negative("fee_amount")),
            models.CheckConstraint(
                name="transaction_total",
                condition=positive("total_amount") & Q(total_amount=F("amount") + F("fee_amount")),
            ),
            models.CheckConstraint(
                name="transaction_refunded",
                condition=not_negative("refunded_amount") & Q(refunded_amount__lte=F("amount")),
            ),
            models.CheckConstraint(
                name="transaction_undoes_another",
                condition=Q(type__in=["REFUND", "REVERSAL"]) ^ Q(original_transaction_id__isnull=True),
            ),
            models.CheckConstraint(
                name="transaction_state",
                condition=Q(state__in=[state.value for state in TransactionState]),
            ),
            models.CheckConstraint(
                name="transaction_wallets_differ",
                condition=Q(source_wallet_id__isnull=True)
                | Q(destination_wallet_id__isnull=True)
                | ~Q(source_wallet_id=F("destination_wallet_id"))
                | Q(state="FAILED"),
            ),
            models.CheckConstraint(
                name="transaction_wallets_per_type",
                condition=Q(type="TRANSFER", source_wallet_id__isnull=False, destination_wallet_id__isnull=False)
                | Q(type="DEPOSIT", source_wallet_id__isnull=True, destination_wallet_id__isnull=False)
                | Q(type__in=["WITHDRAWAL", "PAYMENT"], source_wallet_id__isnull=False)
                | Q(type__in=["REFUND", "REVERSAL"]),
            ),
            models.CheckConstraint(
                name="transaction_failed_has_code", condition=Q(state="FAILED") | Q(refusal_code="")
            ),
            models.CheckConstraint(
                name="transaction_risk_score",
                condition=Q(risk_score__isnull=True) | Q(risk_score__gte=0, risk_score__lte=100),
            ),
        ]
        indexes = [
            models.Index(name="transaction_source", fields=["source_wallet_id", "created_at", "id"]),
            models.Index(name="transaction_destination", fields=["destination_wallet_id", "created_at", "id"]),
            models.Index(name="transaction_reference", fields=["reference_id", "reference_type"]),
            models.Index(
                name="transaction_original",
                fields=["original_transaction_id"],
                condition=Q(original_transaction_id__isnull=False),
            ),
            models.Index(name="transaction_created", fields=["company_id", "created_at"]),
            models.Index(
                name="transaction_open",
                fields=["state", "created_at"],
                condition=~Q(state__in=TERMINAL),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"
