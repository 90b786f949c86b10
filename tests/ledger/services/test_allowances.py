"""Budgets and limits through the journal: opened, spent, turned, held, changed; what is written and what is not."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from ledger.core.accounts import Bucket
from ledger.models import Event, OutboxMessage
from ledger.services.allowances import LOWEST, ensure_allowance_accounts
from ledger.services.holds import expire
from ledger.services.journal import Outcome
from tests.ledger.books import Books, assert_sound, balance, code_of, figures, post, row_counts, stored_hold
from tests.ledger.envelopes import (
    BUDGET,
    LIMIT,
    TOLD,
    WINDOWS,
    Rule,
    budget,
    ceiling,
    count,
    limit,
    unevaluable,
)

RESERVED, SPENT = Bucket.RESERVED, Bucket.SPENT


def added(before: dict[str, int]) -> dict[str, int]:
    return {table: rows - before[table] for table, rows in row_counts().items() if rows != before[table]}


def life(rule: Rule) -> list[tuple[int, str]]:
    """What happened to its AVAILABLE account, besides postings."""
    rows = Event.objects.filter(stream="accounts", stream_id=rule.account_id(Bucket.AVAILABLE)).order_by("seq")
    return list(rows.values_list("seq", "type"))


def gates_of(outcome: Outcome) -> list[tuple[str, str, Decimal | None, Decimal | None]]:
    """The failing gates: which rule, and what of it was needed and left."""
    assert outcome.result is not None
    assert outcome.result.refusal is not None
    return [(g.name, g.code or "", g.required, g.available) for g in outcome.result.refusal.gates if not g.ok]


def test_an_envelope_is_opened_once_and_filled_by_an_event_of_its_budget(books: Books) -> None:
    ensure_allowance_accounts(books.company_id, ["EUR", "COUNT"])
    ensure_allowance_accounts(books.company_id, ["EUR"])
    travel = Rule(BUDGET, books.company_id)
    before = row_counts()
    opening, filling = travel.opening("250.5", "-20")
    assert [code_of(outcome) for outcome in post(opening, filling)] == [None, None]
    assert added(before) == {
        "ledger_account": 3, "ledger_command": 2, "ledger_event": 2, "ledger_posting": 2, "ledger_outboxmessage": 1,
    }  # fmt: skip
    assert (travel.figures, travel.given) == ([Decimal("250.5"), 0, 0], Decimal("250.5"))
    assert [travel.account(bucket).min_balance for bucket in (Bucket.AVAILABLE, RESERVED, SPENT)] == [-20, 0, LOWEST]
    (again,) = post(Rule(BUDGET, books.company_id, id=travel.id).opening("1")[0])
    assert again.replayed
    assert travel.account().min_balance == -20


def test_each_event_of_a_budget_is_one_message_numbered_as_its_life(books: Books) -> None:
    travel, daily = budget(books.company_id, "100"), limit(books.company_id, "50")
    post(travel.more("20"), travel.allot(), daily.more("-5"))
    told = OutboxMessage.objects.filter(aggregate_id=travel.id).order_by("sequence")
    assert [(m.aggregate_type, m.sequence, m.type, m.data) for m in told] == [
        ("budget", number, "BudgetChanged", {"budget_id": str(travel.id), **TOLD[BUDGET]}) for number in (1, 2, 3)
    ]
    (_, of_limit) = OutboxMessage.objects.filter(aggregate_id=daily.id).order_by("sequence")
    assert (of_limit.aggregate_type, of_limit.sequence, of_limit.type, of_limit.data) == (
        "limit", 2, "LimitChanged", {"limit_id": str(daily.id), **TOLD[LIMIT]},
    )  # fmt: skip
    assert travel.figures == [120, 0, 0]
    assert daily.figures == [45, 0, 0]


def test_money_and_every_rule_are_decided_by_one_command(books: Books) -> None:
    alice = books.wallet("500")
    weekly, team, warning = (budget(books.company_id, amount) for amount in ("100", "300", "30"))
    post(warning.floor(LOWEST))
    daily, payments = limit(books.company_id, "80"), count(books.company_id, "2")
    rules = (weekly, team, warning, daily, payments)
    allowances = (*(rule.allowance() for rule in rules), ceiling("70"))
    before = row_counts()
    assert code_of(post(books.payment(alice, "60", allowances=allowances))[0]) is None
    # Two limits were turned for the first time; money, three budgets, two limits: two lines each.
    assert added(before) == {
        "ledger_command": 1, "ledger_event": 3, "ledger_posting": 12, "ledger_transaction": 1,
        "ledger_outboxmessage": 1,
    }  # fmt: skip
    assert [rule.figures for rule in rules] == [[40, 0, 60], [240, 0, 60], [-30, 0, 60], [20, 0, 60], [1, 0, 1]]
    before = row_counts()
    (refused,) = post(books.payment(alice, "75", allowances=(*allowances, unevaluable())))
    assert code_of(refused) == "budget.not_evaluable"
    assert gates_of(refused) == [
        ("The budget", "budget.exceeded", 75, 40),
        ("The limit", "limit.exceeded", 75, 20),
        ("Single payment", "limit.exceeded", 75, 70),
        ("Team budget", "budget.not_evaluable", None, None),
    ]
    assert added(before) == {
        "ledger_command": 1, "ledger_event": 1, "ledger_transaction": 1, "ledger_outboxmessage": 1,
    }  # fmt: skip
    assert [rule.figures for rule in rules] == [[40, 0, 60], [240, 0, 60], [-30, 0, 60], [20, 0, 60], [1, 0, 1]]
    assert balance(alice) == 440


def test_an_envelope_that_was_never_opened_lets_nothing_through(books: Books) -> None:
    alice = books.wallet("100")
    never = Rule(BUDGET, books.company_id), Rule(LIMIT, books.company_id)
    for rule in never:
        for command in (
            books.payment(alice, "1", allowances=(rule.allowance(),)),
            books.reserve(alice, "1", allowances=(rule.allowance(),)),
        ):
            assert code_of(post(command)[0]) == "budget.not_evaluable"
    assert figures(alice) == (100, 0, 0)


def test_a_limit_is_turned_by_the_first_spend_of_a_window_even_within_a_batch(committed_books: Books) -> None:
    books = committed_books
    alice, daily = books.wallet("1000"), limit(books.company_id, "100")
    first, second = (daily.allowance(starts_at) for starts_at in WINDOWS[:2])
    assert code_of(post(books.payment(alice, "70", allowances=(first,)))[0]) is None
    outcomes = post(
        books.payment(alice, "31", allowances=(first,)),  # too much for the rest of this window
        books.payment(alice, "100.01", allowances=(second,)),  # too much for the next one: not turned by a refusal
        books.payment(alice, "60", allowances=(second,)),
        books.payment(alice, "41", allowances=(second,)),
        books.payment(alice, "40", allowances=(second,)),
    )
    assert [code_of(outcome) for outcome in outcomes] == [
        "limit.exceeded",
        "limit.exceeded",
        None,
        "limit.exceeded",
        None,
    ]
    assert gates_of(outcomes[1]) == [("The limit", "limit.exceeded", Decimal("100.01"), 100)]
    assert daily.figures == [0, 0, 100]
    assert life(daily) == [(1, "AccountsOpened"), (2, "AllowanceTurned"), (3, "AllowanceTurned")]
    assert daily.account().window_starts_at == WINDOWS[1]
    third = post(books.payment(alice, "1", allowances=(daily.allowance(WINDOWS[0]),)))  # looked up long ago
    assert gates_of(third[0]) == [("The limit", "limit.exceeded", 1, 0)]
    assert_sound()


def test_a_limit_that_is_opened_filled_and_used_in_one_batch_knows_its_window(committed_books: Books) -> None:
    books = committed_books
    alice, daily = books.wallet("100"), Rule(LIMIT, books.company_id)
    ensure_allowance_accounts(books.company_id, ["EUR"])
    outcomes = post(
        *daily.opening("50"),
        books.payment(alice, "30", allowances=(daily.allowance(WINDOWS[1]),)),
        books.payment(alice, "30", allowances=(daily.allowance(WINDOWS[1]),)),
    )
    assert [code_of(outcome) for outcome in outcomes] == [None, None, None, "limit.exceeded"]
    assert (daily.figures, daily.account().window_starts_at) == ([20, 0, 30], WINDOWS[1])
    assert_sound()


def test_what_is_reserved_is_spent_or_comes_back_in_the_window_of_then(committed_books: Books) -> None:
    books = committed_books
    alice, daily, payments = books.wallet("1000"), limit(books.company_id, "100"), count(books.company_id, "3")
    first, second = ((daily.allowance(w), payments.allowance(w)) for w in WINDOWS[:2])
    paid, left = books.hold(alice, "40", allowances=first), books.hold(alice, "25", allowances=first)
    post(books.payment(alice, "20", allowances=first))
    assert (daily.figures, payments.figures) == ([15, 65, 20], [0, 2, 1])
    post(books.payment(alice, "10", allowances=second))
    assert (daily.figures, payments.figures) == ([25, 65, 10], [0, 2, 1])
    post(books.capture(paid, "30"))
    assert (daily.figures, payments.figures) == ([35, 25, 40], [0, 1, 2])
    post(books.release(left))
    assert (daily.figures, payments.figures) == ([60, 0, 40], [1, 0, 2])
    assert_sound()


def test_a_count_goes_with_the_first_capture_or_comes_back(committed_books: Books) -> None:
    books = committed_books
    alice, payments = books.wallet("1000"), count(books.company_id, "5")
    rules = (payments.allowance(),)
    paid = books.hold(alice, "40", allowances=rules)
    assert payments.figures == [4, 1, 0]
    for amount in ("10", "5"):
        post(books.capture(stored_hold(paid.id), amount, final=False))
        assert payments.figures == [4, 0, 1]
    post(books.release(stored_hold(paid.id)))
    assert payments.figures == [4, 0, 1]
    once, twice = books.hold(alice, "40", allowances=rules), books.hold(alice, "40", allowances=rules)
    post(books.capture(once, "1"), books.release(twice))
    assert payments.figures == [3, 0, 2]
    soon = books.hold(alice, "40", allowances=rules, expires_in=timedelta(microseconds=1))
    post(expire(stored_hold(soon.id)))
    assert payments.figures == [3, 0, 2]
    assert figures(alice) == (984, 0, 0)
    assert_sound()


def test_a_floor_decides_from_the_next_spend_on(committed_books: Books) -> None:
    books = committed_books
    alice, travel = books.wallet("1000"), budget(books.company_id, "100")
    spend = (travel.allowance(),)
    codes = [
        code_of(outcome)
        for outcome in post(
            books.payment(alice, "110", allowances=spend),
            travel.floor("-10"),
            books.payment(alice, "110", allowances=spend),
            travel.floor(LOWEST),
            books.payment(alice, "90", allowances=spend),
            travel.floor("0"),
            books.payment(alice, "0.01", allowances=spend),
            travel.floor("0"),
        )
    ]
    assert codes == ["budget.exceeded", None, None, None, None, None, "budget.exceeded", None]
    assert (travel.figures, travel.account().min_balance) == ([-100, 0, 200], 0)
    assert life(travel) == [(1, "AccountsOpened"), *((n, "AccountFloorChanged") for n in (2, 3, 4))]
    assert_sound()


def test_less_may_be_allowed_than_was_spent_and_then_nothing_more_is(committed_books: Books) -> None:
    books = committed_books
    alice, travel = books.wallet("1000"), budget(books.company_id, "100")
    held = books.hold(alice, "30", allowances=(travel.allowance(),))
    post(books.payment(alice, "50", allowances=(travel.allowance(),)), travel.more("-60"))
    assert travel.figures == [-40, 30, 50]
    assert code_of(post(books.payment(alice, "0.01", allowances=(travel.allowance(),)))[0]) == "budget.exceeded"
    post(books.capture(held))
    assert travel.figures == [-40, 0, 80]
    assert_sound()


def test_a_move_between_two_budgets_is_one_event_or_none(committed_books: Books) -> None:
    books = committed_books
    travel, food = budget(books.company_id, "100", name="Travel"), budget(books.company_id, "10")
    given = travel.given
    (moved,) = post(travel.allot(travel.move("-30"), food.move("30"), must_be_left=True))
    assert (code_of(moved), travel.figures[0], food.figures[0]) == (None, 70, 40)
    before = row_counts()
    (refused,) = post(travel.allot(travel.move("-70.01"), food.move("70.01"), must_be_left=True))
    travel.version -= 1  # the number was not used
    assert gates_of(refused) == [("Travel", "budget.exceeded", Decimal("70.01"), 70)]
    assert added(before) == {"ledger_command": 1}
    (again,) = post(travel.allot(travel.move("-70"), food.move("70"), must_be_left=True, key="all of it"))
    assert (code_of(again), travel.figures[0], food.figures[0]) == (None, 0, 110)
    (twin,) = post(travel.allot(travel.move("-70"), food.move("70"), must_be_left=True, key="all of it"))
    assert twin.replayed
    assert (travel.figures[0], food.figures[0], travel.given) == (0, 110, given)
    assert_sound()
