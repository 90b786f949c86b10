"""`reservation.release`: give back what is left of a hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.ids import new_id
from ledger.money import EXACT
from ledger.selectors.holds import Reservation, get_reservation
from ledger.services.holds import Step
from ledger.services.movements import Claim
from wallets.models import Wallet
from wallets.selectors.reservations import get_visible_reservation
from wallets.services.approvals.operations import Arguments, Change, Operation, Target, id_argument
from wallets.services.approvals.showing import done, rehearsed
from wallets.services.reservations import prepare_release, require_may_settle
from wallets.services.wallets import ledger_origin


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseOfHold:
    reservation_id: UUID
    reason: str


class ReleaseReservation(Operation[ReleaseOfHold]):
    name = "reservation.release"
    title = "Release a reservation"

    def read(self, arguments: Arguments) -> ReleaseOfHold:
        id = id_argument(arguments, "reservation_id")
        return ReleaseOfHold(reservation_id=id, reason=str(arguments.get("reason", "")))

    def authorise(self, maker: Caller, asked: ReleaseOfHold) -> None:
        require_may_settle(maker, get_visible_reservation(maker, asked.reservation_id))

    def target(self, asked: ReleaseOfHold) -> Target:
        row = _hold(asked)
        left = EXACT.subtract(EXACT.subtract(row.amount, row.captured_amount), row.released_amount)
        return Target(
            type="reservation",
            id=row.id,
            version=f"{row.status} {row.captured_amount.normalize():f}",
            subject_id=Wallet.objects.get(id=row.wallet_id).user_id,
            amount=left if left > 0 else None,
            currency=row.asset_id,
        )

    def impact(self, maker: Caller, asked: ReleaseOfHold) -> list[Change]:
        claim = Claim(scope="rehearsal", key=str(new_id()), request_hash=b"")
        row, origin = _hold(asked), Origin(actor_id=maker.id, actor_role=maker.role)
        return rehearsed([self._command(maker, asked, claim, origin)], row.asset_id, {row.wallet_id: "Wallet"})

    def run(self, maker: Caller, asked: ReleaseOfHold, *, claim: Claim, origin: Origin) -> dict[str, Any]:
        result = done([self._command(maker, asked, claim, origin)], _hold(asked).asset_id)
        return {"txn_id": str(result.transaction_id), "reservation_id": str(asked.reservation_id)}

    def _command(self, maker: Caller, asked: ReleaseOfHold, claim: Claim, origin: Origin) -> Any:
        held = get_visible_reservation(maker, asked.reservation_id)
        step = Step(claim=claim, origin=ledger_origin(origin))
        return prepare_release(held, step, caller=maker, reason=asked.reason).command


def _hold(asked: ReleaseOfHold) -> Reservation:
    row = get_reservation(asked.reservation_id)
    assert row is not None, "the maker sees it"
    return row
