"""Sealing: everything once, in order, nothing late is lost, whoever else is at work (ADR 0018)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.models import Max
from pytest_django import Settings

from ledger.core.merkle import EMPTY_ROOT, Frontier
from ledger.models import Event, Seal, SealedLeaf, SealNode
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.selectors.sealed_logs import EVENTS
from ledger.selectors.seals import head_of, seal_backlog
from ledger.services import journal, sealing
from ledger.services.seal_verification import verify_seals
from ledger.services.sealing import SEALS_PER_RUN, SealRun, TreeBroken, seal_log
from tests.ledger.books import Books, post
from tests.ledger.connecting import tampering
from tests.ledger.sealing import is_sealed, key, last_seal, leaf_of, seal_everything, wait_for_horizon
from tests.ledger.sessions import answers, open_elsewhere, together
from tests.wallets.scene import undone


def assert_intact() -> None:
    report = verify_seals()
    assert report.finding is None
    assert report.leaves == SealedLeaf.objects.count()


def test_every_settled_event_gets_one_leaf(committed_books: Books) -> None:
    alice = committed_books.wallet("100")
    seal_everything()
    before = last_seal()
    movement = committed_books.payment(alice, "30")
    post(movement)
    assert not is_sealed(movement.event_id)
    run = seal_everything()
    assert run == SealRun(seals=1, rows=1, is_caught_up=True)
    seal = last_seal()
    assert (seal.number, seal.first_index) == (before.number + 1, before.tree_size)
    assert bytes(seal.previous_root) == bytes(before.root)
    assert leaf_of(movement.event_id).index == before.tree_size == seal.tree_size - 1
    assert_intact()


def test_nothing_to_seal_makes_no_seal(committed_books: Books) -> None:
    committed_books.wallet("1")
    seal_everything()
    before = last_seal()
    assert seal_everything() == SealRun(seals=0, rows=0, is_caught_up=True)
    assert last_seal() == before


def test_leaves_stand_in_the_order_in_which_they_were_written(committed_books: Books) -> None:
    committed_books.wallet("1")
    seal_everything()
    first = last_seal().tree_size
    for _ in range(3):
        committed_books.wallet("1")
    seal_everything()
    leaves = SealedLeaf.objects.filter(index__gte=first).order_by("index").select_related("event")
    order = [(leaf.event.xid, leaf.event_id) for leaf in leaves]
    assert len(order) == 6
    assert order == sorted(order)


def test_a_late_commit_is_sealed_by_a_later_run(committed_books: Books) -> None:
    """Its transaction began before others that were sealed; an order by time or id would skip it for ever."""
    books = committed_books
    alice, bob = books.wallet(), books.wallet()
    seal_everything()
    late, early = books.deposit(alice, "1"), books.deposit(bob, "10")
    with open_elsewhere(lambda: journal.record([late])):
        post(early)
        run = seal_log(EVENTS)
        assert (run.rows, is_sealed(early.event_id)) == (0, False)  # it may not overtake the open one
    seal_everything()
    assert Event.objects.get(id=late.event_id).xid < Event.objects.get(id=early.event_id).xid
    assert leaf_of(late.event_id).index < leaf_of(early.event_id).index
    assert_intact()


def test_what_settled_before_a_late_commit_does_not_wait_for_it(committed_books: Books) -> None:
    books = committed_books
    alice, bob = books.wallet(), books.wallet()
    seal_everything()
    early, late = books.deposit(bob, "10"), books.deposit(alice, "1")
    post(early)
    wait_for_horizon()
    with open_elsewhere(lambda: journal.record([late])):
        seal_log(EVENTS)
        assert is_sealed(early.event_id)
        assert not is_sealed(late.event_id)
    seal_everything()
    assert leaf_of(late.event_id).index == leaf_of(early.event_id).index + 1
    assert_intact()


def test_what_was_rolled_back_is_not_sealed(committed_books: Books) -> None:
    alice = committed_books.wallet("5")
    rehearsed = committed_books.deposit(alice, "1")
    journal.rehearse([rehearsed])
    seal_everything()
    assert not is_sealed(rehearsed.event_id)
    assert_intact()


def test_many_sealers_at_once_seal_everything_once(committed_books: Books) -> None:
    seal_everything()
    before = last_seal()
    for _ in range(5):
        committed_books.wallet("1")
    wait_for_horizon()
    runs = answers(together([lambda: seal_log(EVENTS, rows_per_seal=2)] * 4))
    assert sum(run.rows for run in runs) == 10 == last_seal().tree_size - before.tree_size
    numbers = Seal.objects.filter(number__gt=before.number).order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(before.number + 1, last_seal().number + 1))
    assert_intact()


def test_who_waits_too_long_leaves_it_to_the_other(committed_books: Books) -> None:
    committed_books.wallet("1")
    wait_for_horizon()
    before = last_seal() if Seal.objects.exists() else None

    def take_the_lock() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sealing._LOCK, ["ledger_seal"])

    with open_elsewhere(take_the_lock):
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        assert seal_log(EVENTS) == SealRun(seals=0, rows=0, is_caught_up=False)
    assert before == (last_seal() if Seal.objects.exists() else None)
    assert seal_everything().is_caught_up


def test_after_an_outage_it_catches_up_in_chunks(committed_books: Books) -> None:
    seal_everything()
    before = last_seal()
    for _ in range(5):
        committed_books.wallet("1")
    assert seal_everything(rows_per_seal=2, seals_per_run=1) == SealRun(seals=1, rows=2, is_caught_up=False)
    rest = seal_log(EVENTS, rows_per_seal=3)
    assert rest.rows == 8
    assert rest.seals < SEALS_PER_RUN
    seals = list(Seal.objects.filter(number__gte=before.number).order_by("number"))
    assert all(len(range(seal.first_index, seal.tree_size)) <= 4 for seal in seals[1:])
    assert all(bytes(after.previous_root) == bytes(seal.root) for seal, after in pairwise(seals))
    assert_intact()


def test_one_database_transaction_is_never_cut(committed_books: Books) -> None:
    books = committed_books
    alice = books.wallet("100")
    seal_everything()
    commands = [books.payment(alice, "1") for _ in range(7)]
    post(*commands)
    assert seal_everything(rows_per_seal=2) == SealRun(seals=1, rows=7, is_caught_up=True)


def test_the_first_seal_starts_from_nothing(committed_books: Books) -> None:
    committed_books.wallet("1")
    seal_everything()
    first = Seal.objects.get(number=1)
    assert (first.first_index, bytes(first.previous_root)) == (0, EMPTY_ROOT)
    frontier = Frontier()
    for leaf in SealedLeaf.objects.filter(index__lt=first.tree_size).order_by("index"):
        for node, digest in frontier.append(bytes(leaf.hash)):
            assert bytes(SealNode.objects.get(level=node.level, index=node.place).hash) == digest
    assert frontier.root() == bytes(first.root)


def test_a_seal_is_signed_by_the_first_key_and_timed_by_the_database(committed_books: Books) -> None:
    committed_books.wallet("1")
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (before,) = cursor.fetchone()
    seal_everything()
    seal = last_seal()
    assert seal.key_id == next(iter(public_keys()))
    assert Verifier(public_keys())(head_of(seal), bytes(seal.signature))
    assert before < seal.sealed_at
    assert seal.horizon_xid > Event.objects.aggregate(latest=Max("xid"))["latest"]


def test_without_a_key_nothing_is_sealed(committed_books: Books, settings: Settings) -> None:
    committed_books.wallet("1")
    before = SealedLeaf.objects.count()
    settings.SEAL_SIGNING_KEYS = []
    with pytest.raises(ImproperlyConfigured):
        seal_everything()
    assert SealedLeaf.objects.count() == before


def test_keys_take_turns_and_old_seals_stay_good(committed_books: Books, settings: Settings) -> None:
    """In a transaction that is undone, so that the keys of this test vouch for nothing afterwards."""
    committed_books.wallet("1")
    wait_for_horizon()
    known = list(settings.SEAL_SIGNING_KEYS)
    old, old_public = key("2026-01")
    new, _ = key("2026-02")
    with undone():
        settings.SEAL_SIGNING_KEYS = [old, *known]
        assert seal_log(EVENTS).seals == 1
        assert last_seal().key_id == "2026-01"
        settings.SEAL_SIGNING_KEYS = [new, *known]
        assert str(verify_seals().finding).endswith("or is not signed by a trusted key")
        settings.SEAL_PUBLIC_KEYS = [old_public]
        assert verify_seals().finding is None
        settings.SEAL_PUBLIC_KEYS = [key("2026-01")[1]]
        assert str(verify_seals().finding).endswith("or is not signed by a trusted key")


def test_nothing_is_built_on_a_broken_tree(committed_books: Books) -> None:
    committed_books.wallet("1")
    seal_everything()
    committed_books.wallet("1")
    wait_for_horizon()
    before = last_seal()
    with tampering() as cursor:
        cursor.execute(
            "UPDATE ledger_sealnode SET hash = sha256('x') WHERE level = (SELECT max(level) FROM ledger_sealnode)"
        )
        with undone(), pytest.raises(TreeBroken, match=f"does not give the root of seal {before.number}"):
            seal_log(EVENTS)
        assert last_seal() == before


def test_the_backlog_tells_how_far_behind_sealing_is(committed_books: Books) -> None:
    committed_books.wallet("1")
    seal_everything()
    assert seal_backlog().unsealed == 0
    committed_books.wallet("1")
    backlog = seal_backlog()
    assert backlog.unsealed == 2
    assert backlog.age_seconds is not None
    assert 0 <= backlog.age_seconds < 60
