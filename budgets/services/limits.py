"""Setting and ending limits (R133, R247)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError

from budgets.core.periods import Calendar
from budgets.core.zones import is_known_zone
from budgets.locks import lock_limit
from budgets.models import Limit
from budgets.models.vocabulary import LimitedType, LimitStatus, LimitWindow
from budgets.selectors.limits import active_limit, limit_name
from ledger.errors import InvalidInput
from ledger.money import EXACT, ZERO, plain
from ledger.services import journal
from ledger.services.allowances import (
    COUNT,
    EnvelopeKind,
    Move,
    OpenAccounts,
    Origin,
    Subject,
    allot,
    ensure_allowance_accounts,
    open_envelope,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitSpec:
    """What a limit shall be. Whose, of what, over what and in which currency find it; the two figures may change.

    Attributes:
        wallet_id: one wallet of the user; None = all of them together.
        max_amount: positive, in `currency`; None = any amount.
        max_count: how many spends, one at least; None = any number. Not with PER_TRANSACTION.
        calendar: the company's; copied on the row.
    """

    company_id: UUID
    user_id: UUID
    wallet_id: UUID | None = None
    limited_type: LimitedType = LimitedType.ANY
    window: LimitWindow
    currency: str
    max_amount: Decimal | None = None
    max_count: int | None = None
    calendar: Calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class _Author:
    """Who sets or ends a limit, and why."""

    origin: Origin
    user_id: UUID | None
    reason: str


def set_limit(spec: LimitSpec, *, origin: Origin, created_by: UUID | None, reason: str) -> Limit:
    """Set a limit, or change the figures of the active one of the same kind (`LimitCreated`, `LimitChanged`).

    What was used and reserved stays so: with less than that, nothing is left until the next window. The same figures
    and calendar again change and announce nothing. May be called inside a transaction.

    Args:
        created_by: a user; None = the service itself.
        reason: kept in the event for ever: no personal data.

    Raises:
        InvalidInput: it says nothing, or says how often for each spend alone; `errors` points at it.
        Busy: somebody else holds the limit for longer than `lock_timeout`.
    """
    _require_sense(spec)
    author = _Author(origin=origin, user_id=created_by, reason=reason)
    with journal.use_case():
        ensure_allowance_accounts(spec.company_id, _envelopes(spec))
        return _change(spec, author) or _create(spec, author)


def end_limit(limit_id: UUID, *, origin: Origin, ended_by: UUID | None, reason: str) -> Limit:
    """End a limit (`LimitChanged`): nothing asks it any more. That is final; once more changes nothing.

    Args:
        ended_by, reason: as `created_by` and `reason` of `set_limit`.

    Raises:
        NotFound: there is none.
        Busy: somebody else holds it for longer than `lock_timeout`.
    """
    with journal.use_case():
        limit = lock_limit(limit_id)
        if limit.status == LimitStatus.ACTIVE:
            before = _told(limit)
            limit.status = LimitStatus.ENDED
            _record(limit, "LimitChanged", _Author(origin=origin, user_id=ended_by, reason=reason), before)
            limit.save(update_fields=["status", "version", "updated_at"])
    return limit


def _require_sense(spec: LimitSpec) -> None:
    assert is_known_zone(spec.calendar.zone), "companies have a zone that exists"
    if spec.max_amount is None and spec.max_count is None:
        raise InvalidInput("Say how much or how often.", pointer="/max_amount")
    if spec.window == LimitWindow.PER_TRANSACTION and spec.max_count is not None:
        raise InvalidInput("A limit of each spend alone cannot count spends.", pointer="/max_count")


def _create(spec: LimitSpec, author: _Author) -> Limit:
    limit = Limit(
        company_id=spec.company_id,
        user_id=spec.user_id,
        wallet_id=spec.wallet_id,
        limited_type=spec.limited_type,
        window=spec.window,
        currency=spec.currency,
        created_by=author.user_id,
    )
    _fill(limit, spec)
    try:
        with journal.use_case():  # a savepoint: the row comes first, so that of two only one goes on to the ledger
            limit.save(force_insert=True)
    except IntegrityError:
        changed = _change(spec, author)
        if changed is None:
            raise
        return changed
    _record(limit, "LimitCreated", author, {}, given=_envelopes(limit))
    limit.save(update_fields=["version", "updated_at"])
    return limit


def _change(spec: LimitSpec, author: _Author) -> Limit | None:
    """The active limit of this kind with the new figures; None when there is none."""
    found = active_limit(
        user_id=spec.user_id,
        wallet_id=spec.wallet_id,
        limited_type=spec.limited_type,
        window=spec.window,
        currency=spec.currency,
    )
    limit = lock_limit(found.id) if found else None
    if limit is None or limit.status != LimitStatus.ACTIVE:
        return None
    before, told = _envelopes(limit), _told(limit)
    _fill(limit, spec)
    if _told(limit) == told:
        return limit
    after = _envelopes(limit)
    given = {
        asset: EXACT.subtract(after.get(asset, ZERO), before.get(asset, ZERO)) for asset in sorted({*before, *after})
    }
    _record(limit, "LimitChanged", author, told, given=given)
    limit.save()
    return limit


def _fill(limit: Limit, spec: LimitSpec) -> None:
    limit.max_amount, limit.max_count = spec.max_amount, spec.max_count
    limit.zone, limit.week_start = spec.calendar.zone, spec.calendar.week_start
    limit.month_day, limit.fiscal_month = spec.calendar.month_day, spec.calendar.fiscal_month


def _envelopes(limit: Limit | LimitSpec) -> dict[str, Decimal]:
    """What the envelopes of a limit hold in all, by asset. One of each spend alone has none."""
    if limit.window == LimitWindow.PER_TRANSACTION:
        return {}
    amount = {} if limit.max_amount is None else {limit.currency: limit.max_amount}
    count = {} if limit.max_count is None else {COUNT: Decimal(limit.max_count)}
    return {**amount, **count}


def _record(
    limit: Limit,
    message: str,
    author: _Author,
    before: Mapping[str, Any],
    *,
    given: Mapping[str, Decimal] | None = None,
) -> None:
    """One more event in the limit's life, under the lock of its row, with what its envelopes are given."""
    limit.version += 1
    subject = Subject(EnvelopeKind.LIMIT, limit.id, limit_name(limit))
    told = {**_told(limit), "reason": author.reason, "changed_by": author.user_id and str(author.user_id)}
    told.update({f"old_{name}": before.get(name) for name in ("max_amount", "max_count")})
    moves = [
        Move(of=subject, owner_id=limit.id, company_id=limit.company_id, asset=asset, amount=amount)
        for asset, amount in (given or {}).items()
        if amount
    ]
    event = allot(subject, seq=limit.version, message=message, data=told, origin=author.origin, moves=moves)
    outcomes = journal.record([*_openings(limit, moves, author), event])
    result = outcomes[-1].result
    assert result is not None, "the key is the limit's version, which its lock gives out"
    assert result.refusal is None, "nothing has to be left"
    limit.updated_at = result.recorded_at


def _openings(limit: Limit, moves: Sequence[Move], author: _Author) -> list[OpenAccounts]:
    """The envelopes that are given something for the first time are opened; the others are already."""
    return [
        open_envelope(kind=EnvelopeKind.LIMIT, owner_id=limit.id, asset=move.asset, floor=ZERO, origin=author.origin)
        for move in moves
    ]


def _told(limit: Limit) -> dict[str, Any]:
    """The limit as messages tell it."""
    return {
        "company_id": str(limit.company_id),
        "user_id": str(limit.user_id),
        "wallet_id": limit.wallet_id and str(limit.wallet_id),
        "limited_type": str(limit.limited_type),
        "window": str(limit.window),
        "currency": limit.currency,
        "max_amount": None if limit.max_amount is None else plain(limit.max_amount),
        "max_count": limit.max_count,
        "status": str(limit.status),
        "zone": limit.zone,
        "week_start": limit.week_start,
        "month_day": limit.month_day,
        "fiscal_month": limit.fiscal_month,
    }
