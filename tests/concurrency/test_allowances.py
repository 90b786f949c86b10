"""Many spend out of the same budgets and limits while those change: exactly what fits, in the order of history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from ledger.core.accounts import Bucket
from ledger.core.commands import AnyCommand
from ledger.core.events import EventType
from ledger.models import Event, Posting
from ledger.services.invariants import check_invariants
from ledger.services.journal import Outcome
from tests.concurrency.storms import without_deadlock
from tests.ledger.books import Books, assert_sound, balance, code_of, figures, post, stored_hold
from tests.ledger.envelopes import WINDOWS, Rule, budget, count, limit
from tests.ledger.sessions import answers, together

SESSIONS = 10


def at_once(*commands: AnyCommand) -> list[str | None]:
    """Post each by itself, dealt to sessions that start together; the codes in the order of the commands."""

    def work(hand: list[AnyCommand]) -> list[Outcome]:
        return [outcome for command in hand for outcome in post(command)]

    hands = [list(commands[n::SESSIONS]) for n in range(SESSIONS)]
    with without_deadlock():
        done = answers(together([partial(work, hand) for hand in hands if hand]))
    codes: list[str | None] = [None] * len(commands)
    for n, outcomes in enumerate(done):
        codes[n::SESSIONS] = [code_of(outcome) for outcome in outcomes]
    return codes


def history(rule: Rule) -> list[tuple[str, Decimal]]:
    """What happened to what is left of a rule, in order: the event's type and the change."""
    lines = Posting.objects.filter(account_id=rule.account_id(Bucket.AVAILABLE)).order_by("account_seq")
    types = dict(Event.objects.filter(id__in=[line.event_id for line in lines]).values_list("id", "type"))
    return [(types[line.event_id], line.amount) for line in lines]


def test_fifty_payments_of_ten_against_a_hundred(books: Books) -> None:
    alice, travel = books.wallet("10000"), budget(books.company_id, "100")
    codes = at_once(*(books.payment(alice, "10", allowances=(travel.allowance(),)) for _ in range(50)))
    assert (codes.count(None), codes.count("budget.exceeded")) == (10, 40)
    assert (travel.figures, balance(alice)) == ([0, 0, 100], 9900)
    assert_sound()


def test_the_tighter_of_two_stacked_budgets_decides_for_two_wallets(books: Books) -> None:
    """alice's own budget lets twelve through, the team's fifteen of all; bob has the team's only."""
    alice, bob = books.wallet("10000"), books.wallet("10000")
    team, own = budget(books.company_id, "150"), budget(books.company_id, "120")
    hers = [books.payment(alice, "10", allowances=(own.allowance(), team.allowance())) for _ in range(25)]
    his = [books.payment(bob, "10", allowances=(team.allowance(),)) for _ in range(25)]
    codes = at_once(*(command for pair in zip(hers, his, strict=True) for command in pair))
    assert (codes.count(None), codes.count("budget.exceeded")) == (15, 35)
    spent = codes[::2].count(None)
    assert spent <= 12
    assert (own.figures, team.figures) == ([120 - 10 * spent, 0, 10 * spent], [0, 0, 150])
    assert (balance(alice), balance(bob)) == (10000 - 10 * spent, 9850 + 10 * spent)
    assert_sound()


def test_fifty_payments_while_both_budgets_are_given_more_and_less(books: Books) -> None:
    alice = books.wallet("10000")
    team, own = budget(books.company_id, "100"), budget(books.company_id, "100")
    rules = own.allowance(), team.allowance()
    commands: list[AnyCommand] = [books.payment(alice, "10", allowances=rules) for _ in range(50)]
    commands[10:10] = [own.more("40")]
    commands[20:20] = [own.more("-25")]
    commands[30:30] = [team.more("-30")]
    commands[40:40] = [team.more("60"), own.more("5")]
    codes = at_once(*commands)
    assert set(codes) == {None, "budget.exceeded"}
    spends = codes.count(None) - 5
    assert (own.figures, team.figures) == (
        [120 - 10 * spends, 0, 10 * spends], [130 - 10 * spends, 0, 10 * spends],
    )  # fmt: skip
    for rule in (own, team):
        left = Decimal(0)
        for type, change in history(rule):
            left += change
            assert type == EventType.ALLOWANCE_CHANGED or left >= 0, "a spend never takes what is not there"
    refused_when = _left_at_each_refusal(own, team)
    assert len(refused_when) == 50 - spends
    assert all(min(left) < 10 for left in refused_when), "what fits is never refused"
    assert_sound()


def _left_at_each_refusal(*rules: Rule) -> list[list[Decimal]]:
    """What the gates of each refusal say was left."""
    ids = {str(rule.id) for rule in rules}
    failed = Event.objects.filter(type=EventType.TRANSACTION_FAILED, data__gates__contains=[{"id": min(ids)}])
    return [[Decimal(gate["available"]) for gate in event.data["gates"] if gate["id"] in ids] for event in failed]


def test_fifty_payments_while_the_buffer_comes_and_goes(books: Books) -> None:
    """Whatever floor a payment met, it was met: the gate that it keeps says how much there was, floor and all."""
    alice, travel = books.wallet("10000"), budget(books.company_id, "100")
    commands: list[AnyCommand] = [books.payment(alice, "10", allowances=(travel.allowance(),)) for _ in range(50)]
    commands[12:12] = [travel.floor("-50")]
    commands[30:30] = [travel.floor("-20")]
    commands[40:40] = [travel.floor("0")]
    codes = at_once(*commands)
    spends = codes.count(None) - 3
    assert 10 <= spends <= 15
    assert travel.figures == [100 - 10 * spends, 0, 10 * spends]
    decided = Event.objects.filter(data__gates__contains=[{"id": str(travel.id)}])
    gates = [(event.type, gate) for event in decided for gate in event.data["gates"] if gate["id"] == str(travel.id)]
    assert len(gates) == 50
    for type, gate in gates:
        assert (Decimal(gate["available"]) >= 10) == (type == EventType.TRANSACTION_COMPLETED)
    assert_sound()


def test_a_new_window_is_turned_once_by_whoever_comes_first(books: Books) -> None:
    alice, daily, payments = books.wallet("10000"), limit(books.company_id, "100"), count(books.company_id, "7")
    old, new = ((daily.allowance(w), payments.allowance(w)) for w in WINDOWS[:2])
    assert at_once(*(books.payment(alice, "10", allowances=old) for _ in range(10))).count(None) == 7
    codes = at_once(*(books.payment(alice, "10", allowances=new) for _ in range(30)))
    assert (codes.count(None), codes.count("limit.exceeded")) == (7, 23)
    assert (daily.figures, payments.figures) == ([30, 0, 70], [0, 0, 7])
    turns = Event.objects.filter(type=EventType.ALLOWANCE_TURNED, stream_id=daily.account_id(Bucket.AVAILABLE))
    assert turns.count() == 2
    assert_sound()


def test_holds_captures_and_refunds_at_the_edge_of_a_window(books: Books) -> None:
    alice = books.wallet("10000")
    travel, daily = budget(books.company_id, "400"), limit(books.company_id, "400")
    old, new = ((travel.allowance(), daily.allowance(w)) for w in WINDOWS[:2])
    held = [books.hold(alice, "10", allowances=old) for _ in range(10)]
    paid = [books.payment(alice, "10", allowances=old) for _ in range(10)]
    post(*paid)
    work: list[AnyCommand] = [books.capture(stored_hold(hold.id), "6") for hold in held]
    work += [books.refund(command.document.id, "4") for command in paid]
    work += [books.payment(alice, "10", allowances=new) for _ in range(20)]
    assert at_once(*(work[n] for start in range(10) for n in range(start, 40, 10))) == [None] * 40
    # Ten captures of 6, ten payments of 10 of which 4 came back, twenty payments of 10.
    assert travel.figures == [80, 0, 320]
    assert figures(alice) == (9680, 0, 0)
    available, reserved, spent = daily.figures
    assert (available + reserved + spent, reserved) == (400, 0)
    assert 200 <= spent <= 260, "what was spent in this window, and what was captured after it began"
    assert_sound()


def test_the_invariants_hold_all_the_time(books: Books) -> None:
    alice = books.wallet("10000")
    travel, daily = budget(books.company_id, "100"), limit(books.company_id, "150")
    rules = travel.allowance(), daily.allowance()
    actions: list[Callable[[], list[list[str]]]] = [
        partial(_post_all, [books.payment(alice, "10", allowances=rules) for _ in range(10)]) for _ in range(5)
    ]
    actions.append(partial(_post_all, [travel.more("50"), travel.floor("-15"), travel.more("-40"), travel.floor("0")]))
    actions.append(partial(_look, 4))
    with without_deadlock():
        *_, looks = answers(together(actions))
    assert looks == [[]] * 4
    assert_sound()


def _post_all(commands: Sequence[AnyCommand]) -> list[list[str]]:
    return [[code_of(outcome) or "" for outcome in post(command)] for command in commands]


def _look(times: int) -> list[list[str]]:
    return [[finding.invariant.id for finding in check_invariants() if finding.broken] for _ in range(times)]
