"""Everything once, in order: each rule with one wish that it lets through and one that it stops."""

from __future__ import annotations

import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from ledger.services.journal import record
from tests.ledger.books import Books, post
from tests.ledger.sessions import open_elsewhere
from tests.safety.history import Exchange, Kind, Wish
from tests.safety.stage import BUDGET, FUNDS, Stage, new_key
from tests.wallets.incoming import booked, take

CENT = Decimal("0.01")
LONG, SHORT = 3600, 1


@dataclass(frozen=True, slots=True)
class Guide:
    """Says wishes in a few words."""

    stage: Stage

    def ask(self, kind: Kind, amount: str | Decimal | None = None, *, key: str = "", **more: Any) -> Exchange:
        value = None if amount is None else Decimal(amount)
        return self.stage.client.ask(Wish(kind, key or new_key(), value, **more))

    def pay(self, source: UUID, destination: UUID, amount: str | Decimal, **more: Any) -> Exchange:
        return self.ask(Kind.TRANSFER, amount, source=source, destination=destination, **more)

    def hold(self, wallet: UUID, amount: str | Decimal, to: UUID | None = None, seconds: int = LONG) -> Exchange:
        return self.ask(Kind.RESERVE, amount, source=wallet, destination=to, seconds=seconds)

    def step(self, kind: Kind, hold: Exchange, amount: str | Decimal | None = None, **more: Any) -> Exchange:
        return self.ask(kind, amount, about=hold.id_of("reservation_id"), **more)

    def undo(self, document: Exchange, amount: str | Decimal | None = None) -> Exchange:
        kind = Kind.REVERSAL if amount is None else Kind.REFUND
        return self.ask(kind, amount, about=document.id_of("txn_id"))

    def turn(self, wallet: UUID, status: str) -> None:
        self.stage.client.ask(Wish(Kind.STATUS, source=wallet, status=status))

    def look(self, *wallets: UUID) -> None:
        for wallet in wallets:
            self.stage.client.ask(Wish(Kind.BALANCE, source=wallet))


def tour(stage: Stage) -> None:
    guide = Guide(stage)
    alice, bob, carol, dan = stage.wallets[:4]
    late, forgotten = guide.hold(dan, "4", seconds=SHORT), guide.hold(dan, "3", seconds=SHORT)
    expires = time.monotonic() + SHORT
    _keys_and_figures(guide, alice, bob)
    _holds(guide, alice, bob, carol)
    _givings_back(guide, alice, bob, carol)
    _statuses(guide, bob, carol)
    _budget(guide, stage.thrifty, carol)
    guide.hold(dan, "2")
    time.sleep(max(0, expires - time.monotonic() + 0.05))
    guide.step(Kind.CAPTURE, late, destination=carol)
    guide.step(Kind.RELEASE, late)
    _strangers(guide, stage)
    guide.step(Kind.RELEASE, forgotten)
    guide.look(*stage.wallets, stage.dollars, stage.thrifty)


def _keys_and_figures(guide: Guide, alice: UUID, bob: UUID) -> None:
    first = guide.pay(alice, bob, "10")
    guide.pay(alice, bob, "10", key=first.wish.key)
    guide.pay(alice, bob, "11", key=first.wish.key)
    guide.look(alice, bob)
    guide.pay(alice, bob, FUNDS - 10)
    refused = guide.pay(alice, bob, CENT)
    guide.pay(bob, alice, FUNDS)
    guide.look(alice)
    guide.pay(alice, bob, CENT, key=refused.wish.key)
    guide.pay(alice, bob, FUNDS + CENT)
    guide.pay(alice, guide.stage.dollars, "1")
    guide.pay(guide.stage.dollars, bob, "1")
    guide.pay(alice, alice, "1")


def _holds(guide: Guide, alice: UUID, bob: UUID, carol: UUID) -> None:
    parts = guide.hold(alice, "20")
    guide.step(Kind.CAPTURE, parts, "5", is_final=False, destination=carol)
    guide.look(alice, carol)
    guide.step(Kind.CAPTURE, parts, "15.01", destination=carol)
    done = guide.step(Kind.CAPTURE, parts, "15", destination=carol)
    guide.step(Kind.CAPTURE, parts, "15", destination=carol, key=done.wish.key)
    guide.step(Kind.CAPTURE, parts, "1", destination=carol)
    known = guide.hold(alice, "10", bob)
    guide.look(bob)
    guide.step(Kind.RELEASE, known)
    guide.step(Kind.RELEASE, known)
    some = guide.hold(alice, "10", bob, seconds=LONG)
    guide.step(Kind.EXTEND, some, seconds=2 * LONG)
    guide.step(Kind.CAPTURE, some, "4")
    outside = guide.hold(alice, "6")
    guide.step(Kind.CAPTURE, outside)
    guide.undo(outside, "2")
    guide.hold(alice, FUNDS)


def _givings_back(guide: Guide, alice: UUID, bob: UUID, carol: UUID) -> None:
    paid = guide.pay(bob, carol, "10")
    guide.undo(paid, "4")
    guide.undo(paid)
    guide.undo(paid, "6")
    guide.undo(paid, CENT)
    whole = guide.pay(bob, alice, "3")
    undone = guide.undo(whole)
    guide.stage.client.ask(undone.wish)
    guide.undo(whole)
    guide.undo(whole, "1")
    guide.undo(undone, "1")
    spent = guide.pay(carol, guide.stage.thrifty, "5")
    guide.look(carol, guide.stage.thrifty)
    guide.undo(spent, "5")


def _statuses(guide: Guide, bob: UUID, carol: UUID) -> None:
    kept, given = guide.hold(bob, "3", carol), guide.hold(bob, "2")
    guide.turn(bob, "SUSPENDED")
    guide.pay(bob, carol, "1")
    guide.pay(carol, bob, "1")
    guide.turn(bob, "FROZEN")
    guide.pay(carol, bob, "1")
    guide.step(Kind.CAPTURE, kept)
    guide.step(Kind.RELEASE, given)
    guide.turn(bob, "ACTIVE")
    guide.step(Kind.CAPTURE, kept, "1")
    guide.turn(carol, "CLOSED")
    guide.look(bob, carol)


def _budget(guide: Guide, thrifty: UUID, carol: UUID) -> None:
    guide.pay(thrifty, carol, BUDGET - 10)
    guide.pay(thrifty, carol, 10 + CENT)
    held = guide.hold(thrifty, "10")
    guide.pay(thrifty, carol, CENT)
    guide.step(Kind.CAPTURE, held, "6", destination=carol)
    back = guide.pay(thrifty, carol, "4")
    guide.hold(thrifty, CENT)
    guide.undo(back, "3")
    guide.pay(thrifty, carol, "3")
    guide.pay(thrifty, carol, CENT)


def _strangers(guide: Guide, stage: Stage) -> None:
    """Another service tells of a booking, twice."""
    told = booked(stage.stranger, "7.00", booking=new_key())
    for _ in range(2):
        take(told)
    _late_commit(stage)


def _late_commit(stage: Stage) -> None:
    """Something is told of after what came later was: its transaction was open all the while."""
    books = Books().open()
    early, other, third = (books.wallet("10") for _ in range(3))
    with open_elsewhere(lambda: record([books.transfer(early, other, "1")])):
        post(books.deposit(third, "1"))
        stage.settle()
