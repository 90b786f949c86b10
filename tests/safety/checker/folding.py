"""I20: whoever reads all events from the beginning, and nothing else, gets to the very figures that stand there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Account, Event
from tests.safety.checker.violation import Violation

LIFE = ("AccountStatusChanged", "AccountFloorChanged", "AllowanceTurned")


@dataclass(slots=True)
class Folded:
    """An account as its events tell it."""

    owner: tuple[str, UUID]
    book: str
    asset: str
    bucket: str
    floor: Decimal | None
    status: str = "ACTIVE"
    balance: Decimal = Decimal(0)
    lines: int = 0
    life: int = 1
    touched: set[UUID] = field(default_factory=set)


def replayed(books: Books) -> Iterator[Violation]:
    folded = _fold(books)
    versions = _versions(books, folded)
    for account in books.accounts:
        told = folded.get(account.id)
        if told is None:
            yield Violation("I20", f"account {account.id} was never opened")
            continue
        yield from _compare(account, told, versions.get(account.id, told.life + told.lines))
    for id in folded.keys() - books.account.keys():
        yield Violation("I20", f"account {id} was opened and is not there")


def _fold(books: Books) -> dict[UUID, Folded]:
    folded: dict[UUID, Folded] = {}
    for event in _in_order(books):
        if event.type == "AccountsOpened":
            folded |= {UUID(one["id"]): _opened(one) for one in event.data["accounts"]}
        for id in map(UUID, event.data["account_ids"]) if event.type in LIFE else ():
            if id in folded:
                _live(folded[id], event)
        for line in books.lines_of_event.get(event.id, []):
            if line.account_id in folded:
                told = folded[line.account_id]
                told.balance += line.amount
                told.lines += 1
                told.touched.add(event.id)
    return folded


def _in_order(books: Books) -> list[Event]:
    """Openings first: those of one batch bear one time."""
    return sorted(books.events, key=lambda one: (one.recorded_at, one.type != "AccountsOpened", one.seq))


def _opened(data: dict[str, str | None]) -> Folded:
    floor = data["min_balance"]
    return Folded(
        owner=(str(data["owner_type"]), UUID(str(data["owner_id"]))),
        book=str(data["book"]),
        asset=str(data["asset"]),
        bucket=str(data["bucket"]),
        floor=None if floor is None else Decimal(floor),
    )


def _live(told: Folded, event: Event) -> None:
    told.life += 1
    if event.type == "AccountStatusChanged":
        told.status = event.data["status"]
    if event.type == "AccountFloorChanged":
        told.floor = Decimal(event.data["min_balance"])


def _versions(books: Books, folded: dict[UUID, Folded]) -> dict[UUID, int]:
    """The headline of a wallet counts every event that touched any account of the wallet, once."""
    touched: dict[tuple[str, UUID], set[UUID]] = {}
    for told in folded.values():
        if told.owner[0] == "WALLET":
            touched.setdefault(told.owner, set()).update(told.touched)
    headlines = {id: told for id, told in folded.items() if told.owner in touched and told.bucket == "AVAILABLE"}
    return {id: told.life + len(touched[told.owner]) for id, told in headlines.items()}


def _compare(account: Account, told: Folded, version: int) -> Iterator[Violation]:
    identity = (account.owner_type, account.owner_id), account.book, account.asset, account.bucket, account.status
    if identity != (told.owner, told.book, told.asset, told.bucket, told.status):
        yield Violation("I20", f"account {account.id} is {identity}, its events tell {told}")
    if account.is_system:
        return  # a checkpoint; I3 says of what
    stored = f"{account.balance:f}", account.min_balance, account.seq, account.life_seq, account.version
    expected = f"{told.balance:.18f}", told.floor, told.lines, told.life, version
    if stored != expected:
        yield Violation("I20", f"account {account.id} stands at {stored}, its events tell {expected}")
