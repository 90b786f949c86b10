"""The twelve pairs that can get in each other's way, and what is left of each when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any

from budgets.models import Budget
from budgets.models.vocabulary import Rollover
from budgets.services.turning import turn
from ledger.core.commands import AnyCommand
from ledger.models import Event, Reservation, SealedLeaf, Transaction
from ledger.selectors.sealed_logs import EVENTS
from ledger.services import holds
from ledger.services.journal import Outcome
from ledger.services.movements import AccountStatus
from ledger.services.seal_verification import verify_seals
from ledger.services.sealing import seal_log
from tests.budgets.factories import WEEKLY, Owner, change, current, left, periods
from tests.budgets.factories import figures as period_figures
from tests.ledger.books import Books, balance, figures, post, status_change, stored_hold
from tests.ledger.envelopes import WINDOWS, limit
from tests.ledger.sealing import seal_everything
from tests.safety.interleaving.schedules import Encounter, Race
from tests.safety.interleaving.sessions import Action


@cache
def books() -> Books:
    """One company for all of them; each schedule has wallets of its own."""
    return Books().open()


def posting(make: Callable[[], AnyCommand]) -> Action:
    """Look up what a command needs, then post it."""
    return lambda: post(make())[0]


def code(result: Any) -> str:
    """What was answered: done, done earlier, or a code."""
    if not isinstance(result, Outcome):
        return type(result).__name__ if isinstance(result, Exception) else str(result)
    if result.replayed:
        return "replayed"
    refusal = result.result.refusal if result.result else None
    return "done" if refusal is None else refusal.code.value


def codes(results: Sequence[Any]) -> tuple[str, ...]:
    return tuple(map(code, results))


def is_done(result: Any) -> bool:
    return code(result) == "done"


def capture_and_expiry() -> Encounter:
    """Its deadline is moved to now, and the sweeper comes. Which code tells a capture that it is too late depends on
    whether the sweeper was there already; both mean the same."""
    alice, bob = books().wallet("100"), books().wallet()
    hold = books().hold(alice, "30", destination=bob)

    def expire() -> int:
        post(books().extend(stored_hold(hold.id), timedelta(0)))
        return holds.expire_holds()

    def outcome(results: Sequence[Any]) -> Any:
        row = Reservation.objects.get(id=hold.id)
        return is_done(results[0]), row.status, row.captured_amount, figures(alice), figures(bob)

    return Encounter((posting(lambda: books().capture(stored_hold(hold.id))), expire), outcome)


def capture_and_release() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    hold = books().hold(alice, "30", destination=bob)

    def outcome(results: Sequence[Any]) -> Any:
        row = Reservation.objects.get(id=hold.id)
        return codes(results), row.status, row.captured_amount, row.released_amount, figures(alice), figures(bob)

    capture = posting(lambda: books().capture(stored_hold(hold.id)))
    return Encounter((capture, posting(lambda: books().release(stored_hold(hold.id)))), outcome)


def freeze_and_transfer() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    freeze = posting(lambda: status_change(alice, AccountStatus.FROZEN))
    pay = posting(lambda: books().transfer(alice, bob, "40"))
    return Encounter((freeze, pay), lambda results: (codes(results), balance(alice), balance(bob)))


def there_and_back() -> Encounter:
    """There is enough for both, whoever comes first: what either of them forgets of the other is seen."""
    alice, bob = books().wallet("100"), books().wallet("100")
    there = posting(lambda: books().transfer(alice, bob, "70"))
    back = posting(lambda: books().transfer(bob, alice, "50"))
    return Encounter((there, back), lambda results: (codes(results), balance(alice), balance(bob)))


def same_key() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    key = f"same-{alice.wallet_id}"
    twin = posting(lambda: books().transfer(alice, bob, "40", key=key))

    def outcome(results: Sequence[Any]) -> Any:
        answers = {result.reply for result in results if isinstance(result, Outcome)}
        return codes(results), len(answers), balance(alice), balance(bob)

    return Encounter((twin, twin), outcome)


def budget_change_and_spend() -> Encounter:
    owner = Owner(books())
    budget = owner.budget("100")

    def lower() -> Any:
        return change(Budget.objects.get(id=budget.id), amount=Decimal(50))

    def outcome(results: Sequence[Any]) -> Any:
        return str(results[1]), Budget.objects.get(id=budget.id).amount, left(budget), balance(owner.wallet)

    return Encounter((lower, lambda: owner.spend("80")), outcome)


def close_and_credit() -> Encounter:
    wallet = books().wallet()
    close = posting(lambda: status_change(wallet, AccountStatus.CLOSED))
    credit = posting(lambda: books().deposit(wallet, "10"))
    return Encounter((close, credit), lambda results: (codes(results), balance(wallet)))


def two_refunds() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    paid = books().transfer(alice, bob, "100")
    post(paid)

    def outcome(results: Sequence[Any]) -> Any:
        row = Transaction.objects.get(id=paid.document.id)
        return codes(results), row.refunded_amount, balance(alice), balance(bob)

    more, less = (posting(partial(books().refund, paid.document.id, amount)) for amount in ("60", "50"))
    return Encounter((more, less), outcome)


def reversal_and_refund() -> Encounter:
    alice, bob = books().wallet("100"), books().wallet()
    paid = books().transfer(alice, bob, "100")
    post(paid)

    def outcome(results: Sequence[Any]) -> Any:
        row = Transaction.objects.get(id=paid.document.id)
        return codes(results), row.state, row.refunded_amount, balance(alice), balance(bob)

    reverse = posting(lambda: books().reverse(paid.document.id))
    return Encounter((reverse, posting(lambda: books().refund(paid.document.id, "10"))), outcome)


def turn_and_spend() -> Encounter:
    """The week is closed as if it were over; what came too late for its closing is carried by the next turn."""
    owner = Owner(books())
    budget = owner.budget("100", period_type=WEEKLY, rollover=Rollover.SURPLUS)
    later = current(budget).ends_at + timedelta(days=3)

    def outcome(results: Sequence[Any]) -> Any:
        turn([budget.id], later)
        remaining = [period_figures(period).remaining for period in periods(budget)]
        return str(results[1]), remaining, balance(owner.wallet)

    return Encounter((lambda: turn([budget.id], later), lambda: owner.spend("30")), outcome)


def reset_and_spend() -> Encounter:
    """Both are the first of a new window, in which there is room for one of them."""
    alice, daily = books().wallet("1000"), limit(books().company_id, "100")
    old, new = (daily.allowance(window) for window in WINDOWS[:2])
    post(books().payment(alice, "90", allowances=(old,)))
    spends = tuple(posting(partial(books().payment, alice, amount, allowances=(new,))) for amount in ("70", "50"))
    return Encounter(spends, lambda results: (codes(results), daily.figures, balance(alice)))


def seal_and_late_commit() -> Encounter:
    """Whether this seal or the next one takes it, it is not forgotten: `everything_is_sealed`."""
    alice, bob = books().wallet("100"), books().wallet()
    pay = posting(lambda: books().transfer(alice, bob, "40"))
    return Encounter((pay, lambda: seal_log(EVENTS)), lambda results: (code(results[0]), balance(alice), balance(bob)))


def everything_is_sealed() -> list[str]:
    seal_everything()
    report = verify_seals()
    events, leaves = Event.objects.count(), SealedLeaf.objects.count()
    missing = [] if events == leaves else [f"{events} events, {leaves} leaves"]
    return missing if report.finding is None else [*missing, f"the seals do not hold: {report.finding}"]


PAIRS = (
    Race("capture × expiry", capture_and_expiry),
    Race("capture × release", capture_and_release),
    Race("freeze × transfer", freeze_and_transfer),
    Race("A to B × B to A", there_and_back),
    Race("same key × same key", same_key),
    Race("budget change × spend", budget_change_and_spend),
    Race("close × credit", close_and_credit),
    Race("refund × refund", two_refunds),
    Race("reversal × refund", reversal_and_refund),
    Race("period turn × spend", turn_and_spend),
    Race("limit reset × spend", reset_and_spend),
    Race("seal × late commit", seal_and_late_commit, finish=everything_is_sealed),
)
