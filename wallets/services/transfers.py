"""Moving money between wallets (R258–R266)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from compliance.core.roles import roles_over_others
from compliance.models import Caller
from ledger.errors import Forbidden, NotFound
from ledger.services import journal
from ledger.services.claims import already_used
from ledger.services.journal import Outcome, Renderer, Result
from ledger.services.movements import Claim, Details, Origin, Side, Transfer, Wish, transfer
from ledger.services.posting import post_soon
from ledger.services.undoing import Undo
from wallets.errors import LockLost, WalletLocked
from wallets.models import Wallet
from wallets.selectors.balances import forget_figures
from wallets.selectors.wallets import Reach, reachable_wallets
from wallets.services.backdating import may_backdate
from wallets.services.spending import Spend, covering, spend_from
from wallets.services.wallet_locks import obstacle

Obstacle = NotFound | Forbidden | WalletLocked | LockLost


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
    effective_at: datetime | None = None
    effective_reason: str = ""


def prepare_transfers(
    requests: Sequence[TransferRequest], *, caller: Caller, origin: Origin, lock_id: UUID | None = None
) -> list[Transfer | Obstacle]:
    """Look up, authorise and build; the number of queries does not depend on the number of requests.

    Args:
        lock_id: the lock that the caller says to hold every paying wallet by.

    Returns:
        Per request the command, or the error that stands in its way: NotFound (a wallet that does not exist or
        may not be seen; the destination only has to be of the same company), Forbidden, or a lock that keeps the
        caller away from the source. A key that was used passes every lock: its answer is only repeated.
    """
    ids = {id for request in requests for id in (request.from_wallet_id, request.to_wallet_id)}
    wallets = reachable_wallets(caller, ids, payers={request.from_wallet_id for request in requests})
    prepared: list[Transfer | Obstacle] = [_prepare(request, wallets, caller, origin) for request in requests]
    return _under_allowances(requests, _keep_away(requests, prepared, wallets, lock_id), wallets)


def _under_allowances(
    requests: Sequence[TransferRequest], prepared: Sequence[Transfer | Obstacle], wallets: dict[UUID, Reach]
) -> list[Transfer | Obstacle]:
    """The same, with the budgets and limits that each transfer has to fit."""
    pairs = list(zip(requests, prepared, strict=True))
    spends = [_spend(request, wallets) for request, found in pairs if isinstance(found, Transfer)]
    allowances = iter(covering(spends))
    return [replace(found, allowances=next(allowances)) if isinstance(found, Transfer) else found for found in prepared]


def _spend(request: TransferRequest, wallets: dict[UUID, Reach]) -> Spend:
    return spend_from(
        wallets[request.from_wallet_id].wallet,
        currency=request.currency,
        metadata=request.metadata,
        to=wallets[request.to_wallet_id].wallet,
        at=request.effective_at,
    )


def _keep_away(
    requests: Sequence[TransferRequest],
    prepared: Sequence[Transfer | Obstacle],
    wallets: dict[UUID, Reach],
    lock_id: UUID | None,
) -> list[Transfer | Obstacle]:
    """The same, with a refusal in the place of each transfer out of a wallet that another operation holds."""
    refusals: dict[Claim, Obstacle] = {}
    for request, found in zip(requests, prepared, strict=True):
        if isinstance(found, Transfer) and (refusal := obstacle(wallets[request.from_wallet_id], lock_id)):
            refusals[request.claim] = refusal
    for claim in already_used(list(refusals)):
        del refusals[claim]
    return [refusals.get(request.claim, found) for request, found in zip(requests, prepared, strict=True)]


def _prepare(
    request: TransferRequest, wallets: dict[UUID, Reach], caller: Caller, origin: Origin
) -> Transfer | NotFound | Forbidden:
    source, destination = wallets.get(request.from_wallet_id), wallets.get(request.to_wallet_id)
    if source is None or destination is None or not source.is_visible:
        return NotFound()
    if not may_spend(caller, source.wallet) or (request.effective_at is not None and not may_backdate(caller)):
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
        effective_at=request.effective_at,
        effective_reason=request.effective_reason,
    )
    return transfer(side_of(source.wallet), side_of(destination.wallet), details, request.wish)


def side_of(wallet: Wallet) -> Side:
    """A wallet as one side of a movement."""
    return Side(wallet.id, wallet.currency)


SPENDERS = roles_over_others("money.spend")


def may_spend(caller: Caller, wallet: Wallet) -> bool:
    """Whether a caller who sees a wallet may move its money: its owner, the owner's manager, finance, services."""
    return wallet.user_id == caller.id or caller.role in SPENDERS


def post_transfer(command: Transfer, *, render: Renderer) -> Outcome:
    """Post one prepared transfer, with those of other requests, and forget the cached figures if they changed."""
    outcome = post_soon(command, render=render)
    forget_changed([outcome])
    return outcome


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


def rehearse_rows(commands: Sequence[Transfer | Undo]) -> list[Result]:
    """What posting the rows of a batch now would do, one after the other; nothing is changed."""
    return journal.rehearse(commands)
