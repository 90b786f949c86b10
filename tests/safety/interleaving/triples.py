"""Three that meet: too many orders to try them all, so they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from budgets.models import Budget
from ledger.models import Reservation, Transaction
from ledger.services import holds
from ledger.services.movements import AccountStatus
from tests.budgets.factories import Owner, change, left
from tests.ledger.books import balance, figures, post, status_change, stored_hold
from tests.safety.interleaving.races import books, codes, is_done, posting
from tests.safety.interleaving.schedules import Encounter, Race


def capture_release_expiry() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    hold = books().hold(alice, "30", destination=bob)

    def expire() -> int:
        post(books().extend(stored_hold(hold.id), timedelta(0)))
        return holds.expire_holds()

    def outcome(results: Sequence[Any]) -> Any:
        row = Reservation.objects.get(id=hold.id)
        return is_done(results[0]), is_done(results[1]), row.status, row.captured_amount, figures(alice), figures(bob)

    capture = posting(lambda: books().capture(stored_hold(hold.id)))
    return Encounter((capture, posting(lambda: books().release(stored_hold(hold.id))), expire), outcome)


def around() -> Encounter:
    one, two, three = books().wallet("100"), books().wallet(), books().wallet()
    ways = ((one, two, "70"), (two, three, "60"), (three, one, "50"))
    actions = tuple(posting(partial(books().transfer, *way)) for way in ways)
    return Encounter(actions, lambda results: (codes(results), *map(balance, (one, two, three))))


def freeze_in_and_out() -> Encounter:
    alice, bob = books().wallet("50"), books().wallet("50")
    freeze = posting(lambda: status_change(alice, AccountStatus.FROZEN))
    into, out = posting(lambda: books().transfer(bob, alice, "30")), posting(lambda: books().transfer(alice, bob, "60"))
    return Encounter((freeze, into, out), lambda results: (codes(results), balance(alice), balance(bob)))


def reversal_and_two_refunds() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    paid = books().transfer(alice, bob, "100")
    post(paid)

    def outcome(results: Sequence[Any]) -> Any:
        row = Transaction.objects.get(id=paid.document.id)
        return codes(results), row.state, row.refunded_amount, balance(alice), balance(bob)

    more, less = (posting(partial(books().refund, paid.document.id, amount)) for amount in ("60", "50"))
    return Encounter((posting(lambda: books().reverse(paid.document.id)), more, less), outcome)


def same_key_three_times() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    key = f"same-{alice.wallet_id}"
    twin = posting(lambda: books().transfer(alice, bob, "40", key=key))
    return Encounter((twin, twin, twin), lambda results: (codes(results), balance(alice), balance(bob)))


def budget_change_and_two_spends() -> Encounter:
    owner = Owner(books())
    budget = owner.budget("100")

    def lower() -> Any:
        return change(Budget.objects.get(id=budget.id), amount=Decimal(60))

    def outcome(results: Sequence[Any]) -> Any:
        return str(results[1]), str(results[2]), left(budget), balance(owner.wallet)

    return Encounter((lower, lambda: owner.spend("70"), lambda: owner.spend("40")), outcome)


TRIPLES = (
    Race("capture × release × expiry", capture_release_expiry),
    Race("A to B × B to C × C to A", around),
    Race("freeze × in × out", freeze_in_and_out),
    Race("reversal × refund × refund", reversal_and_two_refunds),
    Race("same key × same key × same key", same_key_three_times),
    Race("budget change × spend × spend", budget_change_and_two_spends),
)
