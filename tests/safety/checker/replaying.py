"""I24: the pure model, asked the same in the same order, decides the same and ends with the same figures."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise
from uuid import UUID

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Event
from tests.safety.checker.violation import Violation
from tests.safety.history import History, Kind, Wish, decided_wish
from tests.safety.model import Made, Model, Purse
from tests.safety.verdicts import Done, Refused

ECHOES = frozenset(
    {"TransactionRefunded", "TransactionReversed", "AllowanceTurned", "AllowanceChanged", "AccountsOpened"}
)
"""What tells of another event's effect, or of what the model has no word for."""


@dataclass(frozen=True, slots=True)
class Step:
    """What the ledger decided about a wish."""

    event: Event
    wish: Wish
    made: Made
    refused: str


def replays_in_model(books: Books, history: History) -> Iterator[Violation]:
    model = Model(
        purses={id: Purse(history.currencies.get(id, "EUR"), amount) for id, amount in history.opening.items()},
        budgets=dict(history.budgets),
    )
    steps = _steps(books, history)
    for _, same_time in groupby(steps, key=lambda step: step.event.recorded_at):
        yield from _decide(model, list(same_time))
    yield from _same_end(books, model)


def _decide(model: Model, steps: list[Step]) -> Iterator[Violation]:
    """Decisions of one batch bear one time: a no may have come before or after any yes beside it."""
    refused = [step for step in steps if step.refused]
    unexplained = [step for step in refused if not _explains(model, step)]
    for step in steps:
        if step.refused:
            continue
        verdict = model.apply(step.wish, step.event.recorded_at, step.made)
        if not isinstance(verdict, Done):
            yield Violation("I24", f"{_name(step)} was done; the model says {verdict}")
        unexplained = [one for one in unexplained if not _explains(model, one)]
    for step in unexplained:
        verdict = model.would(step.wish, step.event.recorded_at)
        yield Violation("I24", f"{_name(step)} was refused {step.refused}; the model says {verdict}")


def _explains(model: Model, step: Step) -> bool:
    verdict = model.would(step.wish, step.event.recorded_at)
    return isinstance(verdict, Refused) and step.refused in verdict.codes


def _name(step: Step) -> str:
    return f"{step.wish.kind} {step.wish.key or step.wish.about or step.wish.source}"


def _steps(books: Books, history: History) -> list[Step]:
    """Everything that was decided about the clients' wallets, in an order that every account's numbers agree with."""
    wishes = {key: decided_wish(attempts) for key, attempts in history.by_key().items()}
    steps = {event.id: step for event in books.events if (step := _step(books, history, wishes, event))}
    return [steps[id] for id in _sorted(books, steps)]


def _step(books: Books, history: History, wishes: dict[tuple[str, str], Wish], event: Event) -> Step | None:
    if event.type in ECHOES:
        return None
    command = books.command.get(event.command_id)
    wish = None if command is None else wishes.get((command.scope, command.key))
    if wish is None:
        wish = _by_itself(books, history, event)
    if wish is None or command is None:
        return None
    hold = books.hold_of.get(event.stream_id)
    made = Made(event.stream_id, hold.id if hold is not None else None)
    return Step(event, wish, made, command.refusal_code)


def _by_itself(books: Books, history: History, event: Event) -> Wish | None:
    """What the ledger did without a client's key: expire a hold, change a status."""
    hold = books.hold_of.get(event.stream_id)
    if event.type == "ReservationExpired" and hold is not None and hold.wallet_id in history.opening:
        return Wish(Kind.EXPIRE, about=hold.id)
    account = books.account.get(event.stream_id)
    if event.type == "AccountStatusChanged" and account is not None and account.owner_id in history.opening:
        return Wish(Kind.STATUS, source=account.owner_id, status=event.data["status"])
    return None


def _sorted(books: Books, steps: dict[UUID, Step]) -> list[UUID]:
    """By time, and among those of one time as the accounts' own numbers say (Kahn)."""
    waits: dict[UUID, int] = dict.fromkeys(steps, 0)
    next_ones: dict[UUID, list[UUID]] = defaultdict(list)
    for lines in books.lines_of_account.values():
        mine = [line.event_id for line in lines if line.account_seq is not None and line.event_id in steps]
        for earlier, later in pairwise(mine):
            next_ones[earlier].append(later)
            waits[later] += 1
    ready = [(steps[id].event.recorded_at, id) for id, count in waits.items() if not count]
    heapq.heapify(ready)
    found = []
    while ready:
        _, id = heapq.heappop(ready)
        found.append(id)
        for later in next_ones[id]:
            waits[later] -= 1
            if not waits[later]:
                heapq.heappush(ready, (steps[later].event.recorded_at, later))
    return found if len(found) == len(steps) else sorted(steps, key=lambda id: (steps[id].event.recorded_at, id))


def _same_end(books: Books, model: Model) -> Iterator[Violation]:
    for wallet, purse in model.purses.items():
        figures = {"AVAILABLE": purse.available, "RESERVED": purse.reserved, "PENDING": purse.pending}
        for bucket, figure in figures.items():
            account = books.wallet(wallet, bucket)
            if account is None or (account.balance, account.status) != (figure, purse.status):
                yield Violation(
                    "I24", f"wallet {wallet}: in the model {figure} {bucket}, {purse.status}; not {account}"
                )
    yield from _same_holds(books, model)
    for id, sheet in model.sheets.items():
        document = books.document.get(id)
        in_model = sheet.refunded, sheet.state, sheet.amount
        if document is None or (document.refunded, document.state, document.amount) != in_model:
            yield Violation("I24", f"document {id}: in the model {sheet}, not {document}")


def _same_holds(books: Books, model: Model) -> Iterator[Violation]:
    holds = {hold.id: hold for hold in books.holds}
    for id, pledge in model.pledges.items():
        hold = holds.get(id)
        in_model = pledge.captured, pledge.released, pledge.status, pledge.expires_at
        if hold is None or (hold.captured, hold.released, hold.status, hold.expires_at) != in_model:
            yield Violation("I24", f"hold {id}: in the model {pledge}, not {hold}")
