"""Requests that arrive at once are posted together, and none of them notices (ADR 0039)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial
from random import Random
from uuid import UUID

import pytest
from django.db import OperationalError, connections
from django.db.transaction import atomic
from pytest_django import Settings

from ledger.core.commands import AnyCommand, Transfer
from ledger.errors import OutcomeUnknown, Unavailable
from ledger.locks import lock_accounts
from ledger.models import Event
from ledger.services import posting
from ledger.services.journal import Outcome, Renderer, Reply, Result
from ledger.services.movements import Side
from ledger.services.posting import Movement, post_soon
from tests.concurrency.storms import wait_for_blocked
from tests.ledger.books import Books, assert_sound, balance, code_of, render, row_counts, stored_hold
from tests.ledger.connecting import Cut, breaking_at_commit, superuser
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together, wait_until

GUESTS = 12


class Sabotage(Exception):
    """What a request with a fault of its own raises."""


def waiting() -> int:
    return len(posting._group._waiting)


@contextmanager
def gathered(
    first: Callable[[], Outcome], others: list[Callable[[], Outcome]], *, busy: Side
) -> Iterator[list[Future[Outcome]]]:
    """The first request is stopped at an account that somebody else holds, until all others wait behind it; inside the
    block they go on. Yields the others' answers to be."""
    with ThreadPoolExecutor(len(others) + 1) as pool:
        with open_elsewhere(lambda: lock_accounts([busy.account_id])):
            pool.submit(in_own_session, first)
            wait_for_blocked(1)
            running = []
            for count, other in enumerate(others, start=1):
                running.append(pool.submit(in_own_session, other))
                wait_until(partial(lambda count: waiting() == count, count))
        yield running


def soon(command: Movement, render: Renderer = render) -> Callable[[], Outcome]:
    return partial(post_soon, command, render=render)


def transactions_of(commands: Sequence[AnyCommand]) -> set[int]:
    """The database transactions that wrote the events of commands."""
    ids = [command.id for command in commands]
    return set(Event.objects.filter(command_id__in=ids).values_list("xid", flat=True))


def test_who_comes_meanwhile_is_posted_together(books: Books) -> None:
    """Each gets the answer to its own request, with refusals among them."""
    alice, bob, poor = books.wallet("100"), books.wallet(), books.wallet("1")
    first = books.transfer(alice, bob, "1")
    commands = [books.transfer(poor if n % 3 == 0 else alice, bob, "2") for n in range(GUESTS)]
    with gathered(soon(first), [soon(command) for command in commands], busy=alice) as running:
        outcomes = [each.result() for each in running]
    told = [(outcome.result.command.id, code_of(outcome)) for outcome in outcomes if outcome.result]
    expected = [None if n % 3 else "funds.insufficient" for n in range(GUESTS)]
    assert told == [(command.id, code) for command, code in zip(commands, expected, strict=True)]
    assert [outcome.reply.status for outcome in outcomes] == [201 if n % 3 else 422 for n in range(GUESTS)]
    assert all(str(command.id) in outcome.reply.body for command, outcome in zip(commands, outcomes, strict=True))
    accepted = [command for n, command in enumerate(commands) if n % 3]
    assert len(transactions_of(accepted)) == 1
    assert transactions_of(accepted) != transactions_of([first])
    assert (balance(alice), balance(bob), balance(poor)) == (83, 17, 1)


def test_a_batch_has_a_largest_size(books: Books, settings: Settings) -> None:
    settings.POSTING_BATCH = 5
    alice, bob = books.wallet("100"), books.wallet()
    commands = [books.transfer(alice, bob, "1") for _ in range(GUESTS)]
    with gathered(soon(books.transfer(alice, bob, "1")), [soon(each) for each in commands], busy=alice) as running:
        assert [code_of(each.result()) for each in running] == [None] * GUESTS
    assert len(transactions_of(commands)) == 3
    assert balance(bob) == GUESTS + 1


def test_one_key_at_once_has_one_effect(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    commands = [books.transfer(alice, bob, "10", key="lunch") for _ in range(GUESTS)]
    other = books.transfer(alice, bob, "11", key="lunch")
    requests = [soon(command) for command in (*commands, other)]
    with gathered(soon(books.transfer(alice, bob, "1")), requests, busy=alice) as running:
        *outcomes, reused = [each.result() for each in running]
    assert [outcome.replayed for outcome in outcomes] == [False] + [True] * (GUESTS - 1)
    assert len({outcome.reply for outcome in outcomes}) == 1
    assert reused.key_reused
    assert balance(bob) == 11


def test_a_fault_of_one_is_nobody_elses(books: Books) -> None:
    alice, bob = books.wallet("100"), books.wallet()
    commands = [books.transfer(alice, bob, "1") for _ in range(GUESTS)]

    def fail(_: object) -> Reply:
        raise Sabotage

    requests = [soon(command, fail if n == 4 else render) for n, command in enumerate(commands)]
    with gathered(soon(books.transfer(alice, bob, "1")), requests, busy=alice) as running:
        errors = [each.exception() for each in running]
    assert [type(error) for error in errors] == [Sabotage if n == 4 else type(None) for n in range(GUESTS)]
    assert not Event.objects.filter(command_id=commands[4].id).exists()
    assert balance(bob) == GUESTS


def test_a_row_that_is_held_for_long_stops_only_who_wants_it(books: Books) -> None:
    """The batch gives up soon, and everybody goes on alone."""
    alice, bob, busy, stuck = books.wallet("100"), books.wallet(), books.wallet("1"), books.wallet("1")
    commands = [books.transfer(alice, bob, "1") for _ in range(5)]
    commands[2] = books.transfer(stuck, books.wallet(), "1")
    requests = [soon(command) for command in commands]
    with ExitStack() as held:
        held.enter_context(open_elsewhere(lambda: lock_accounts([stuck.account_id])))
        with gathered(soon(books.transfer(busy, bob, "1")), requests, busy=busy) as running:
            assert [code_of(running[n].result()) for n in (0, 1, 3, 4)] == [None] * 4
            wait_for_blocked(1)
            assert balance(bob) == 5
            held.close()
            assert code_of(running[2].result()) is None
    assert (balance(bob), balance(stuck)) == (5, 0)


def test_a_backend_that_is_ended_harms_nobody(books: Books) -> None:
    """In the middle of a batch: nothing of it was written, and each goes on alone."""
    alice, bob, busy = books.wallet("100"), books.wallet(), books.wallet("1")
    commands = [books.transfer(alice, bob, "1") for _ in range(GUESTS)]
    ended: list[int] = []

    def end_own_backend(result: Result) -> Reply:
        if not ended:
            pid = connections["default"].connection.info.backend_pid
            ended.append(pid)
            with superuser() as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        return render(result)

    requests = [soon(command, end_own_backend if n == 3 else render) for n, command in enumerate(commands)]
    with gathered(soon(books.transfer(busy, bob, "1")), requests, busy=busy) as running:
        outcomes = [each.result() for each in running]
    assert [code_of(outcome) for outcome in outcomes] == [None] * GUESTS
    assert len(transactions_of(commands)) == GUESTS
    assert balance(bob) == GUESTS + 1
    assert_sound()


@pytest.mark.parametrize("cut", Cut)
def test_an_unknown_outcome_is_unknown_to_all_who_were_in_it(books: Books, cut: Cut) -> None:
    """The leader's connection breaks at COMMIT; the same keys find out what became of it."""
    alice, bob = books.wallet("100"), books.wallet()
    keys = [f"key-{n}" for n in range(GUESTS)]
    entries = [posting._Entry(books.transfer(alice, bob, "1", key=key), render) for key in keys]
    with breaking_at_commit(cut):
        posting._post_together(entries)
    for entry in entries:
        with pytest.raises(OutcomeUnknown):
            entry.answer()
    assert balance(bob) == (GUESTS if cut is Cut.AFTER_COMMIT else 0)
    again = [post_soon(books.transfer(alice, bob, "1", key=key), render=render) for key in keys]
    assert {outcome.replayed for outcome in again} == {cut is Cut.AFTER_COMMIT}
    assert balance(bob) == GUESTS
    assert_sound()


def test_when_too_many_wait_the_next_one_is_told_to_come_again(books: Books, settings: Settings) -> None:
    settings.POSTING_QUEUE = 3
    alice, bob = books.wallet("100"), books.wallet()
    commands = [books.transfer(alice, bob, "1") for _ in range(3)]
    with ThreadPoolExecutor(4) as pool:
        with open_elsewhere(lambda: lock_accounts([alice.account_id])):
            pool.submit(in_own_session, soon(books.transfer(alice, bob, "1")))
            wait_for_blocked(1)
            running = [pool.submit(in_own_session, soon(command)) for command in commands]
            wait_until(lambda: waiting() == 3)
            before = row_counts()
            with pytest.raises(Unavailable) as refused:
                post_soon(books.transfer(alice, bob, "1"), render=render)
            assert (refused.value.code, row_counts()) == ("service.unavailable", before)
        assert [code_of(each.result()) for each in running] == [None] * 3
    assert (balance(bob), waiting()) == (4, 0)


def test_a_leader_that_fails_hands_over(books: Books) -> None:
    """A lone request gets its own error, and the next one is served."""
    alice, bob = books.wallet("10"), books.wallet()

    def fail(_: object) -> Reply:
        raise Sabotage

    with pytest.raises(Sabotage):
        post_soon(books.transfer(alice, bob, "1"), render=fail)
    assert code_of(post_soon(books.transfer(alice, bob, "1"), render=render)) is None
    assert balance(bob) == 1


def test_in_an_open_transaction_it_is_posted_there(books: Books) -> None:
    """As everywhere, whoever posts on its own may not be a part of somebody's transaction."""
    alice, bob = books.wallet("10"), books.wallet()
    with pytest.raises(RuntimeError, match="durable"), atomic():
        post_soon(books.transfer(alice, bob, "1"))
    assert balance(bob) == 0


def test_a_storm(books: Books) -> None:
    """Whatever became of each command is what its caller was told, and nothing is lost or doubled."""
    hot = books.wallet("40")
    wallets = [hot, *(books.wallet("40") for _ in range(5))]

    def work(session: int) -> list[tuple[Transfer, Outcome]]:
        random, done = Random(session), []
        for _ in range(30):
            source, destination = random.sample(wallets, 2)
            command = books.transfer(source, destination, str(random.randrange(1, 30)))
            done.append((command, post_soon(command, render=render)))
        return done

    expected: dict[UUID | None, Decimal] = {wallet.wallet_id: Decimal(40) for wallet in wallets}
    told = [pair for done in answers(together([partial(work, n) for n in range(16)])) for pair in done]
    for command, outcome in told:
        if code_of(outcome) is None:
            expected[command.document.source_wallet_id] -= command.document.amount
            expected[command.document.destination_wallet_id] += command.document.amount
    assert {wallet.wallet_id: balance(wallet) for wallet in wallets} == expected
    assert {code_of(outcome) for _, outcome in told} == {None, "funds.insufficient"}


def test_captures_of_one_hold_at_once(books: Books) -> None:
    alice, bob, busy = books.wallet("10"), books.wallet(), books.wallet("1")
    hold = books.hold(alice, "10", destination=bob)
    commands = [books.capture(hold, "1", final=False) for _ in range(GUESTS)]
    with gathered(soon(books.transfer(busy, bob, "1")), [soon(each) for each in commands], busy=busy) as running:
        codes = [code_of(each.result()) for each in running]
    assert codes == [None] * 10 + ["reservation.not_open"] * 2
    assert (balance(bob), stored_hold(hold.id).captured) == (11, 10)


def test_errors_of_the_database_are_the_callers(books: Books) -> None:
    """Text that no row can hold: refused for who sends it."""
    alice, bob = books.wallet("10"), books.wallet()
    command = books.transfer(alice, bob, "1", description="x" * 100_000)
    with pytest.raises(Exception, match="too long") as raised:
        post_soon(command, render=render)
    assert not isinstance(raised.value, OperationalError)
    assert balance(bob) == 0
