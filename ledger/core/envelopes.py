"""Deciding allowances together with the money: their gates, the turn of limits, their legs and parts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ledger.core.accounts import Account, Bucket
from ledger.core.allowances import Allowance, Ceiling, Envelope, EnvelopeKind, Unevaluable
from ledger.core.balances import after_postings
from ledger.core.commands import Command, Leg
from ledger.core.events import Event, EventType, Stream, event_after
from ledger.core.legs import postings
from ledger.core.refusals import Gate, GateKind, RefusalCode
from ledger.core.state import Accounts, Part
from ledger.money import LOWEST

_KINDS = {EnvelopeKind.BUDGET: GateKind.BUDGET, EnvelopeKind.LIMIT: GateKind.LIMIT}
_CODES = {EnvelopeKind.BUDGET: RefusalCode.BUDGET_EXCEEDED, EnvelopeKind.LIMIT: RefusalCode.LIMIT_EXCEEDED}


@dataclass(frozen=True, slots=True)
class Turned:
    """The accounts after limits were turned that a new window has begun for, and the events that say so."""

    accounts: Accounts
    events: tuple[Event, ...]


def turn(accounts: Accounts, allowances: tuple[Allowance, ...], command: Command, now: datetime) -> Turned:
    """Give every limit back what was spent of it before its present window.

    What is still reserved stays so: it will be spent in the window in which it is captured. A limit that somebody
    else has turned already, even further, stays as it is.
    """
    turned, events, last = dict(accounts), [], command.event_id
    for envelope in _envelopes(allowances):
        available = turned.get(envelope.account(Bucket.AVAILABLE))
        if envelope.kind is not EnvelopeKind.LIMIT or available is None or not _is_behind(available, envelope):
            continue
        last = event_after(last)
        event = _turning(turned, envelope, command, now, last)
        turned.update(evolve_turn(turned, event))
        events.append(event)
    return Turned(turned, tuple(events))


def _is_behind(available: Account, envelope: Envelope) -> bool:
    return available.window_starts_at is None or available.window_starts_at < envelope.starts_at


def _turning(accounts: Accounts, envelope: Envelope, command: Command, now: datetime, id: UUID) -> Event:
    available, spent = accounts[envelope.account(Bucket.AVAILABLE)], accounts[envelope.account(Bucket.SPENT)]
    event = Event(
        id=id,
        type=EventType.ALLOWANCE_TURNED,
        stream=Stream.ACCOUNTS,
        stream_id=available.id,
        seq=available.life_seq + 1,
        data={"account_ids": [str(available.id), str(spent.id)], "window_starts_at": envelope.starts_at.isoformat()},
        effective_at=now,
        recorded_at=now,
    )
    if not spent.balance:
        return event
    legs = Leg(spent.id, envelope.asset, -spent.balance), Leg(available.id, envelope.asset, spent.balance)
    return replace(event, postings=postings(accounts, id, legs))


def evolve_turn(accounts: Mapping[UUID, Account], event: Event) -> dict[UUID, Account]:
    """The accounts of a limit after it was turned: AVAILABLE knows the window, SPENT when it was emptied."""
    changed = after_postings(accounts, event.postings)
    window_starts_at = datetime.fromisoformat(event.data["window_starts_at"])
    for id in map(UUID, event.data["account_ids"]):
        account = changed.get(id) or accounts[id]
        starts_at = event.recorded_at if account.bucket is Bucket.SPENT else window_starts_at
        latest = max(starts_at, account.window_starts_at or starts_at)
        changed[id] = replace(
            account, window_starts_at=latest, life_seq=account.life_seq + 1, version=account.version + 1
        )
    return changed


def allowance_gates(
    accounts: Accounts, allowances: tuple[Allowance, ...], asset: str, amount: Decimal
) -> tuple[Gate, ...]:
    """Every gate of every allowance, passed ones too.

    Args:
        accounts: after `turn`.
        asset, amount: what is spent, fees included.
    """
    return tuple(_gate(accounts, allowance, asset, amount) for allowance in allowances)


def _gate(accounts: Accounts, allowance: Allowance, asset: str, amount: Decimal) -> Gate:
    match allowance:
        case Unevaluable():
            return _unevaluable(_KINDS[allowance.kind], allowance)
        case Ceiling() if allowance.asset == asset:
            code = None if amount <= allowance.maximum else RefusalCode.LIMIT_EXCEEDED
            return Gate(GateKind.LIMIT, allowance.rule_id, code, amount, allowance.maximum, name=allowance.name)
        case Ceiling():
            return _unevaluable(GateKind.LIMIT, allowance)
        case Envelope():
            return _envelope_gate(accounts, allowance, asset, amount)


def _unevaluable(kind: GateKind, allowance: Allowance) -> Gate:
    """A rule that nobody can ask: nobody can say what is left of it, so the answer is no."""
    return Gate(kind, allowance.rule_id, RefusalCode.BUDGET_NOT_EVALUABLE, name=allowance.name)


def _envelope_gate(accounts: Accounts, envelope: Envelope, asset: str, amount: Decimal) -> Gate:
    account = accounts.get(envelope.account(Bucket.AVAILABLE))
    is_comparable = envelope.units is not None or envelope.asset == asset
    if account is None or account.min_balance is None or not is_comparable:
        # Its envelope was never opened, or it is in another currency than what is spent.
        return _unevaluable(_KINDS[envelope.kind], envelope)
    required, floor = envelope.taken_by(amount), account.min_balance
    is_short = account.balance - required < floor  # the lowest figure binds too: no account can show less
    return Gate(
        _KINDS[envelope.kind],
        envelope.rule_id,
        _CODES[envelope.kind] if is_short else None,
        required,
        account.balance if floor == LOWEST else account.balance - floor,
        name=envelope.name,
        unit="" if envelope.units is None else envelope.asset,
        resets_at=envelope.ends_at,
        zone=envelope.zone,
        is_late=envelope.is_late,
    )


def spending_legs(allowances: tuple[Allowance, ...], amount: Decimal) -> tuple[Leg, ...]:
    """What an immediate spend moves: from what is allowed to what is spent."""
    legs: list[Leg] = []
    for envelope in _envelopes(allowances):
        taken = envelope.taken_by(amount)
        legs.append(Leg(envelope.account(Bucket.AVAILABLE), envelope.asset, -taken))
        legs.append(Leg(envelope.account(Bucket.SPENT), envelope.asset, taken))
    return tuple(legs)


def kept_parts(allowances: tuple[Allowance, ...]) -> tuple[Part, ...]:
    """What a hold keeps of the envelopes besides the money."""
    return tuple(_part(envelope) for envelope in _envelopes(allowances))


def _part(envelope: Envelope) -> Part:
    available, reserved, spent = envelope.account_ids
    return Part(available, reserved, spent, envelope.asset, envelope.units)


def _envelopes(allowances: tuple[Allowance, ...]) -> list[Envelope]:
    envelopes = [allowance for allowance in allowances if isinstance(allowance, Envelope)]
    assert len({one.account_ids for one in envelopes}) == len(envelopes), "a spend is taken out of an envelope once"
    return envelopes
