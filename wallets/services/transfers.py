"""Moving money between wallets (R258–R266)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from compliance.models import Caller
from ledger.errors import Forbidden, NotFound
from ledger.services import journal
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Details, Origin, Side, Transfer, Wish, transfer
from wallets.models import Wallet
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import Reach, reachable_wallets


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRequest:
    """A wish to move money, as a caller states it; `claim` is its idempotency key."""

    claim: Claim
    from_wallet_id: UUID
    to_wallet_id: UUID
    amount: Decimal
    currency: str
    description: str = ""
    reference_id: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    wish: Wish | None = None


def prepare_transfers(
    requests: Sequence[TransferRequest], *, caller: Caller, origin: Origin
) -> list[Transfer | NotFound | Forbidden]:
    """Look up, authorise and build, with one query for all of them.

    Returns:
        Per request the command, or the error that stands in its way: NotFound (a wallet that does not exist or
        may not be seen; the destination only has to be of the same company) or Forbidden.
    """
    ids = {id for request in requests for id in (request.from_wallet_id, request.to_wallet_id)}
    wallets = reachable_wallets(caller, ids)
    return [_prepare(request, wallets, caller, origin) for request in requests]


def _prepare(
    request: TransferRequest, wallets: dict[UUID, Reach], caller: Caller, origin: Origin
) -> Transfer | NotFound | Forbidden:
    source, destination = wallets.get(request.from_wallet_id), wallets.get(request.to_wallet_id)
    if source is None or destination is None or not source.is_visible:
        return NotFound()
    if not may_spend(caller, source.wallet):
        return Forbidden()
    details = Details(
        claim=request.claim,
        origin=origin,
        company_id=caller.company_id,
        amount=request.amount,
        currency=request.currency,
        description=request.description,
        reference_type="transfer" if request.reference_id else "",
        reference_id=request.reference_id,
        metadata=request.metadata,
    )
    return transfer(_side(source.wallet), _side(destination.wallet), details, request.wish)


def _side(wallet: Wallet) -> Side:
    return Side(wallet.id, wallet.currency)


def may_spend(caller: Caller, wallet: Wallet) -> bool:
    """Whether a caller who sees a wallet may move its money: its owner, the owner's manager, finance, services."""
    return wallet.user_id == caller.id or caller.role in {"MANAGER", "FINANCE", "SYSTEM"}


def post_transfers(commands: Sequence[Transfer], *, render: Renderer, all_or_none: bool = False) -> list[Outcome]:
    """Post prepared transfers, and forget the cached figures of those wallets that changed."""
    outcomes = journal.post(commands, render=render, all_or_none=all_or_none)
    forget_changed(outcomes)
    return outcomes


def forget_changed(outcomes: Iterable[Outcome]) -> None:
    """Forget the cached figures of those wallets that outcomes have changed."""
    results = (outcome.result for outcome in outcomes if outcome.result and not outcome.result.refusal)
    changed = {id for result in results for id in result.wallet_ids}
    if changed:
        forget_figures(*changed)


def rehearse_transfer(command: Transfer) -> Result:
    """What posting it now would do; nothing is changed and no key is used up."""
    (result,) = journal.rehearse([command])
    return result
