"""What becomes of a reservation: captured, released, extended. One way through for all three."""

from __future__ import annotations

from abc import abstractmethod
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from compliance.api.authentication import caller_of
from compliance.models import Caller
from ledger.api.fields import FlagField, IdField, MoneyField, TextField, WholeNumberField, WordField
from ledger.api.metadata import MetadataField
from ledger.api.policy import allow
from ledger.api.schema import operation
from ledger.api.serializers import StrictSerializer, require_scale_of
from ledger.api.throttling import limit_wallet
from ledger.api.views import ServiceView
from ledger.selectors.assets import get_asset
from ledger.services.holds import REPORTED, Step, TransactionState
from ledger.services.journal import Result
from wallets.api.approval_views import ASKED, ASKED_CODES, asked_instead
from wallets.api.replies import REHEARSED, MoneyQuery, answer, claim_of, origin_of, rehearsal, renderer
from wallets.api.reservations import EXAMPLE, ReservationAnswer, reservation_view
from wallets.api.transfers import SPENDERS
from wallets.selectors.reservations import Held, get_visible_reservation
from wallets.services.approvals.releasing import ReleaseReservation
from wallets.services.reservations import (
    MAX_SECONDS,
    Prepared,
    post_prepared,
    prepare_capture,
    prepare_extension,
    prepare_progress,
    prepare_release,
    rehearse_prepared,
)

CLOSED = ("reservation.not_open", "reservation.expired")


class CaptureBody(StrictSerializer):
    amount = MoneyField(required=False, help_text="All that is left, if it is not said.")
    final = FlagField(default=True, help_text="Release what is left afterwards.")
    destination_wallet_id = IdField(
        required=False, help_text="Whom to pay, if the reservation does not say it; nobody's wallet otherwise."
    )


class ReleaseBody(StrictSerializer):
    reason = TextField(max_length=500, min_length=0, default="")


class ExtensionBody(StrictSerializer):
    expires_in = WholeNumberField(min_value=1, max_value=MAX_SECONDS, help_text="Seconds from now.")


class ProgressBody(StrictSerializer):
    state = WordField(tuple(state.value for state in REPORTED))
    reason = TextField(max_length=500, help_text="What the provider said; kept for ever.")
    metadata = MetadataField(required=False)


class SettlementView(ServiceView):
    """A step in the life of a hold.

    Attributes:
        counted_as: the name under which the wallet's rate is counted.
    """

    policy = {"POST": SPENDERS}
    counted_as: ClassVar[str]

    @abstractmethod
    def prepare(self, held: Held, step: Step, caller: Caller, wanted: dict[str, Any]) -> Prepared:
        """The command that a validated body asks for."""

    def asked_instead(self, reservation_id: UUID, wanted: dict[str, Any], key: str | None) -> HttpResponse | None:
        """The request for approval that is made instead; None = it is done directly."""
        return None

    def settle(self, request: Request, reservation_id: UUID, body: type[StrictSerializer]) -> HttpResponse:
        is_rehearsal = self.query(MoneyQuery)["dry_run"]
        key = self.idempotency_key(required=not is_rehearsal)
        wanted, caller = self.body(body), caller_of(request)
        held = get_visible_reservation(caller, reservation_id)
        step = Step(claim=claim_of(self, key or ""), origin=origin_of(request))
        prepared = self.prepare(held, step, caller, wanted)
        limit_wallet(held.wallet.id, self.counted_as)
        asset = get_asset(held.reservation.asset_id)
        if is_rehearsal:
            return rehearsal(rehearse_prepared(prepared), asset, caller)
        asked = self.asked_instead(reservation_id, wanted, key)
        if asked is not None:
            return asked

        def view(result: Result) -> dict[str, Any]:
            assert result.hold is not None, "a step has a hold"
            return reservation_view(result.hold, held.reservation.created_at)

        return answer(post_prepared(prepared, render=renderer(self, asset, view, status=200)))


class CaptureView(SettlementView):
    counted_as = "capture"

    @operation(
        "Capture a reservation",
        body=CaptureBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=ReservationAnswer,
        codes=(
            *CLOSED,
            "money.invalid",
            "money.scale_exceeded",
            "reservation.capture_exceeds",
            "wallet.closed",
            "wallet.frozen",
            "currency.mismatch",
            "transfer.same_wallet",
            "limit.exceeded",
            "precondition.failed",
        ),
        body_example={"amount": "120.00", "final": False},
        example={**EXAMPLE, "captured_amount": "120.00"},
        takes_key="required",
        description="Pays out of what is reserved, also from a suspended wallet. With `final: false` more may follow; "
        "otherwise what is left is released. Where it goes is said once: by the reservation or by its first capture; "
        "another destination later is 412. After `expires_at` nothing is captured, to the microsecond.",
    )
    def post(self, request: Request, reservation_id: UUID) -> HttpResponse:
        return self.settle(request, reservation_id, CaptureBody)

    def prepare(self, held: Held, step: Step, caller: Caller, wanted: dict[str, Any]) -> Prepared:
        amount = wanted.get("amount")
        if amount is not None:
            require_scale_of(amount, held.reservation.asset_id, "amount")
        return prepare_capture(
            held,
            step,
            caller=caller,
            amount=amount,
            is_final=wanted["final"],
            destination_wallet_id=wanted.get("destination_wallet_id"),
        )


class ReleaseView(SettlementView):
    counted_as = "release"

    @operation(
        "Release a reservation",
        body=ReleaseBody,
        query=MoneyQuery,
        other_answers={**REHEARSED, **ASKED},
        answer=ReservationAnswer,
        codes=(*CLOSED, "precondition.failed", *ASKED_CODES),
        body_example={"reason": "The guest left early."},
        example={**EXAMPLE, "released_amount": "300.00", "status": "RELEASED"},
        takes_key="required",
        description="Gives back what is left, whatever the status of the wallet. What a provider may have paid already "
        "is not given back before it is known: 412. Where the company's rules want a second person: 202 with the "
        "request, which needs a reason.",
    )
    def post(self, request: Request, reservation_id: UUID) -> HttpResponse:
        return self.settle(request, reservation_id, ReleaseBody)

    def asked_instead(self, reservation_id: UUID, wanted: dict[str, Any], key: str | None) -> HttpResponse | None:
        arguments = {"reservation_id": str(reservation_id)}
        return asked_instead(self, ReleaseReservation.name, arguments, reason=wanted["reason"], key=key)

    def prepare(self, held: Held, step: Step, caller: Caller, wanted: dict[str, Any]) -> Prepared:
        return prepare_release(held, step, caller=caller, reason=wanted["reason"])


class ExtensionView(SettlementView):
    counted_as = "extension"

    @operation(
        "Extend a reservation",
        body=ExtensionBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=ReservationAnswer,
        codes=CLOSED,
        body_example={"expires_in": 86400},
        example={**EXAMPLE, "expires_at": "2026-03-15T16:20:00.000000Z"},
        takes_key="required",
        description="Moves the deadline to so many seconds from now, also to an earlier instant.",
    )
    def post(self, request: Request, reservation_id: UUID) -> HttpResponse:
        return self.settle(request, reservation_id, ExtensionBody)

    def prepare(self, held: Held, step: Step, caller: Caller, wanted: dict[str, Any]) -> Prepared:
        return prepare_extension(held, step, caller=caller, expires_in=timedelta(seconds=wanted["expires_in"]))


class ProgressView(SettlementView):
    policy = {"POST": allow("FINANCE", scope="transfers:write")}
    counted_as = "progress"

    @operation(
        "Report a provider's progress with a reservation",
        body=ProgressBody,
        query=MoneyQuery,
        other_answers=REHEARSED,
        answer=ReservationAnswer,
        codes=(*CLOSED, "precondition.failed"),
        body_example={"state": "SENT_TO_PROVIDER", "reason": "Handed to the bank.", "metadata": {"trace": "0815"}},
        example=EXAMPLE,
        takes_key="required",
        description="SENT_TO_PROVIDER, PROVIDER_PROCESSING, PROVIDER_CONFIRMING, in this order, and COMPENSATING from "
        "each of them; any other move is 412. What is with a provider can be captured, and released only once it is "
        "COMPENSATING: nobody outside has paid. The transaction's history keeps reason and metadata.",
    )
    def post(self, request: Request, reservation_id: UUID) -> HttpResponse:
        return self.settle(request, reservation_id, ProgressBody)

    def prepare(self, held: Held, step: Step, caller: Caller, wanted: dict[str, Any]) -> Prepared:
        stage, metadata = TransactionState(wanted["state"]), wanted.get("metadata", {})
        return prepare_progress(held, step, stage=stage, reason=wanted["reason"], metadata=metadata)
