"""The model alone: sequences of any wishes, and after each of them everything that must always hold.

What judges the service has to be right itself. It is so fast that it can be asked a million times.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

from tests.safety.history import Kind, Wish
from tests.safety.model import Made, Model, Purse
from tests.safety.parts import Outcome, Part
from tests.safety.verdicts import Done, Refused

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
WALLETS = [UUID(int=number) for number in range(1, 6)]
FUNDS, BUDGET = Decimal(100), Decimal(60)
LENGTH = 40
AMOUNTS = tuple(map(Decimal, ("0.01", "1", "12.5", "30", "99.99", "100", "250")))
KINDS = (
    *(Kind.TRANSFER,) * 4,
    *(Kind.RESERVE,) * 3,
    *(Kind.CAPTURE,) * 3,
    *(Kind.RELEASE, Kind.EXTEND, Kind.EXPIRE, Kind.REFUND, Kind.REFUND, Kind.REVERSAL, Kind.STATUS),
)


def new_model() -> Model:
    purses = {wallet: Purse("EUR", FUNDS) for wallet in WALLETS}
    purses[WALLETS[-1]].currency = "USD"
    return Model(purses, {WALLETS[0]: BUDGET})


def run_sequence(seed: int, tried: Counter[str]) -> list[str]:
    """One sequence; returns what did not hold."""
    chance, model, now = Random(seed), new_model(), BEGIN
    left = Decimal(0)
    for number in range(LENGTH):
        now += timedelta(seconds=chance.choice((0, 1, 600)))
        wish = _wish(chance, model)
        before, forecast = figures(model), model.would(wish, now)
        verdict = model.apply(wish, now, Made(UUID(int=1000 + 2 * number), UUID(int=1001 + 2 * number)))
        tried[f"{wish.kind.value.lower()}: {'done' if isinstance(verdict, Done) else 'refused'}"] += 1
        if isinstance(verdict, Refused) and figures(model) != before:
            return [f"seed {seed}: {wish} was refused and changed something"]
        if type(forecast) is not type(verdict):
            return [f"seed {seed}: {wish} was forecast as {forecast}, it was {verdict}"]
        left += _left(model, before)
        wrong = list(_faults(model, left))
        if wrong:
            return [f"seed {seed} after {number} wishes, {wish}: {words}" for words in wrong]
    return []


def figures(model: Model) -> dict[UUID, tuple[Decimal, Decimal, Decimal, str]]:
    return {id: (one.available, one.reserved, one.pending, one.status) for id, one in model.purses.items()}


def _left(model: Model, before: dict[UUID, tuple[Decimal, Decimal, Decimal, str]]) -> Decimal:
    """What has left all wallets by the last wish; less than nothing came back."""
    return sum((was[0] + was[1] for was in before.values()), Decimal(0)) - model.total()


def _faults(model: Model, left: Decimal) -> Iterator[str]:
    """Whatever must always hold."""
    for wallet, purse in model.purses.items():
        if min(purse.available, purse.reserved, purse.pending) < 0:
            yield f"wallet {wallet.int} has {purse}"
        held = sum((one.rest for one in model.pledges.values() if one.wallet == wallet), Decimal(0))
        told = sum((one.rest for one in model.pledges.values() if one.expected_by == wallet), Decimal(0))
        if (purse.reserved, purse.pending) != (held, told):
            yield f"wallet {wallet.int} has {purse}, its holds keep {held} and promise {told}"
    outside = [one for one in model.pledges.values() if one.destination is None]
    gone = sum((one.captured - model.sheets[one.sheet].refunded for one in outside), Decimal(0))
    if gone != left:
        yield f"{left} has left, {gone} was captured from outside"
    if any(one.captured + one.released > one.amount for one in model.pledges.values()):
        yield "a hold gave out more than it held"
    if any(one.refunded > one.amount for one in model.sheets.values()):
        yield "more was given back than was paid"
    if min(model.budgets.values()) < 0:
        yield f"a budget was overspent: {model.budgets}"


def _wish(chance: Random, model: Model) -> Wish:
    kind = chance.choice(KINDS)
    source, destination = chance.choice(WALLETS), chance.choice((*WALLETS, None))
    amount, currency = chance.choice(AMOUNTS), chance.choice(("EUR",) * 9 + ("USD",))
    match kind:
        case Kind.STATUS:
            status = chance.choice(("ACTIVE", "ACTIVE", "ACTIVE", "SUSPENDED", "FROZEN", "CLOSED"))
            return Wish(kind, source=source, status=status)
        case Kind.REFUND | Kind.REVERSAL if model.sheets:
            return Wish(kind, amount=amount if kind is Kind.REFUND else None, about=chance.choice([*model.sheets]))
        case Kind.CAPTURE | Kind.RELEASE | Kind.EXTEND | Kind.EXPIRE if model.pledges:
            about = chance.choice([*model.pledges])
            to = chance.choice((model.pledges[about].destination, destination))
            wanted = chance.choice((None, amount))
            return Wish(kind, amount=wanted, about=about, destination=to, is_final=chance.random() < 0.5, seconds=900)
        case Kind.RESERVE:
            return Wish(kind, amount=amount, currency=currency, source=source, destination=destination, seconds=900)
    return Wish(Kind.TRANSFER, amount=amount, currency=currency, source=source, destination=destination or source)


def run_sequences(seconds: float, seed: int) -> Outcome:
    deadline, tried = time.monotonic() + seconds, Counter[str]()
    found: list[str] = []
    while not tried["sequences"] or time.monotonic() < deadline:
        found += run_sequence(seed + tried["sequences"], tried)
        tried["sequences"] += 1
    return Outcome(dict(sorted(tried.items())), found, [f"{LENGTH} wishes each, everything looked at after each"])


PARTS = (Part("the model alone", run_sequences, share=0.3),)
