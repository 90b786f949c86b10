"""Refunds and reversals under budgets and limits, through the journal."""

from __future__ import annotations

from decimal import Decimal

from tests.ledger.books import Books, assert_sound, balance, code_of, figures, post, stored_hold
from tests.ledger.envelopes import WINDOWS, budget, count, limit


def test_a_refund_goes_back_to_the_period_that_paid(committed_books: Books) -> None:
    books = committed_books
    alice, march, april = books.wallet("500"), budget(books.company_id, "100"), budget(books.company_id, "100")
    paid = books.payment(alice, "80", allowances=(march.allowance(),))
    post(paid, books.payment(alice, "30", allowances=(april.allowance(),)))
    post(books.refund(paid.document.id, "50"))
    assert (march.figures, april.figures) == ([70, 0, 30], [70, 0, 30])
    assert code_of(post(books.refund(paid.document.id, "30.01"))[0]) == "refund.exceeds_original"
    post(books.refund(paid.document.id, "30"))
    assert (march.figures, balance(alice)) == ([100, 0, 0], 470)
    assert_sound()


def test_a_refund_goes_to_the_present_period_when_told_so(committed_books: Books) -> None:
    """More may come back than was spent in it: then it shows less than nothing."""
    books = committed_books
    alice, march, april = books.wallet("500"), budget(books.company_id, "100"), budget(books.company_id, "100")
    paid, other = (books.payment(alice, "80", allowances=(march.allowance(),)) for _ in range(2))
    post(paid, books.payment(alice, "30", allowances=(april.allowance(),)), march.more("80"), other)
    assert march.figures == [20, 0, 160]
    post(books.refund(paid.document.id, "50", redirected={march.id: april.id}))
    assert (march.figures, april.figures) == ([20, 0, 160], [120, 0, -20])
    post(books.reverse(other.document.id, redirected={march.id: april.id}))
    assert (march.figures, april.figures) == ([20, 0, 160], [200, 0, -100])
    assert code_of(post(books.payment(alice, "200", allowances=(april.allowance(),)))[0]) is None
    assert april.figures == [0, 0, 100]
    assert_sound()


def test_the_fee_stays_spent_with_a_refund_and_returns_with_a_reversal(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet("500"), books.wallet()
    travel, daily, transfers = (
        budget(books.company_id, "100"),
        limit(books.company_id, "90"),
        count(books.company_id, "2"),
    )
    rules = travel.allowance(), daily.allowance(), transfers.allowance()
    one, other = (books.transfer_with_fee(alice, bob, "40", "0.5", allowances=rules) for _ in range(2))
    post(one, other)
    assert [rule.figures for rule in (travel, daily, transfers)] == [[19, 0, 81], [9, 0, 81], [0, 0, 2]]
    post(books.refund(one.document.id, "15"), books.refund(one.document.id, "25"))
    assert [rule.figures for rule in (travel, daily, transfers)] == [
        [59, 0, 41], [49, 0, 41], [0, 0, 2],
    ]  # fmt: skip
    post(books.reverse(other.document.id))
    left = Decimal("99.5")
    assert [rule.figures for rule in (travel, daily, transfers)] == [
        [left, 0, Decimal("0.5")], [left - 10, 0, Decimal("0.5")], [1, 0, 1],
    ]  # fmt: skip
    assert_sound()


def test_a_limit_gets_nothing_back_of_a_window_that_is_over(committed_books: Books) -> None:
    books = committed_books
    alice, daily, payments = books.wallet("500"), limit(books.company_id, "100"), count(books.company_id, "3")
    first, second = ((daily.allowance(w), payments.allowance(w)) for w in WINDOWS[:2])
    yesterday, before = (books.payment(alice, "40", allowances=first) for _ in range(2))
    today = books.payment(alice, "70", allowances=second)
    post(yesterday, before)
    post(books.refund(yesterday.document.id, "10"))
    assert (daily.figures, payments.figures) == ([30, 0, 70], [1, 0, 2])
    post(today)
    post(books.refund(yesterday.document.id, "30"), books.reverse(before.document.id))
    assert (daily.figures, payments.figures) == ([30, 0, 70], [2, 0, 1])
    post(books.refund(today.document.id, "20"))
    assert (daily.figures, payments.figures, balance(alice)) == ([50, 0, 50], [2, 0, 1], 450)
    assert_sound()


def test_what_was_paid_in_parts_over_two_windows_comes_back_for_the_second_only(committed_books: Books) -> None:
    books = committed_books
    alice, daily = books.wallet("500"), limit(books.company_id, "200")
    held = books.hold(alice, "100", allowances=(daily.allowance(WINDOWS[0]),))
    post(books.capture(held, "60", final=False))
    post(books.payment(alice, "50", allowances=(daily.allowance(WINDOWS[1]),)))
    post(books.capture(stored_hold(held.id)))
    assert daily.figures == [110, 0, 90]
    post(books.refund(held.transaction_id, "30"))
    assert daily.figures == [140, 0, 60]
    post(books.refund(held.transaction_id, "70"))
    assert daily.figures == [150, 0, 50]
    assert figures(alice) == (450, 0, 0)
    assert_sound()


def test_what_was_captured_before_the_limit_was_turned_has_come_back_with_the_turn(committed_books: Books) -> None:
    """A capture turns nothing: until somebody spends in the new window, it counts to the one before."""
    books = committed_books
    alice, daily = books.wallet("500"), limit(books.company_id, "200")
    held = books.hold(alice, "100", allowances=(daily.allowance(WINDOWS[0]),))
    post(books.capture(held))
    post(books.payment(alice, "150", allowances=(daily.allowance(WINDOWS[1]),)))
    assert daily.figures == [50, 0, 150]
    post(books.reverse(held.transaction_id))
    assert (daily.figures, balance(alice)) == ([50, 0, 150], 350)
    assert_sound()


def test_a_turn_and_a_refund_of_one_batch_know_of_each_other(committed_books: Books) -> None:
    books = committed_books
    alice, daily = books.wallet("500"), limit(books.company_id, "100")
    paid = books.payment(alice, "80", allowances=(daily.allowance(WINDOWS[0]),))
    post(paid)
    post(books.payment(alice, "90", allowances=(daily.allowance(WINDOWS[1]),)), books.refund(paid.document.id, "50"))
    assert daily.figures == [10, 0, 90]
    assert_sound()


def test_what_a_hold_did_not_pay_is_back_already(committed_books: Books) -> None:
    books = committed_books
    alice, travel, daily = books.wallet("500"), budget(books.company_id, "100"), limit(books.company_id, "100")
    held = books.hold(alice, "60", allowances=(travel.allowance(), daily.allowance()))
    post(books.capture(held, "45"))
    assert (travel.figures, daily.figures) == ([55, 0, 45], [55, 0, 45])
    post(books.refund(held.transaction_id, "45"))
    assert (travel.figures, daily.figures) == ([100, 0, 0], [100, 0, 0])
    assert_sound()
