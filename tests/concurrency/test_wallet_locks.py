"""Many operations want to hold one wallet (R12, R13, R251, C13, C14)."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

import pytest

from compliance.core.origin import Origin
from compliance.models import Caller
from ledger.errors import NotFound
from ledger.selectors.clock import database_now
from tests.compliance.factories import ServiceAccountFactory
from tests.concurrency.storms import wait_for_blocked
from tests.ledger.sessions import answers, in_own_session, open_elsewhere, together
from tests.wallets.held import hold, let_lapse
from tests.wallets.scene import Scene, make_scene
from wallets.errors import WalletLocked
from wallets.models import WalletLock
from wallets.selectors.wallets import get_reach
from wallets.services.wallet_locks import extend_lock, release_lock

TAKERS = 20
Span = tuple[int, datetime, datetime]
"""A token, and the times of taking and letting go."""


@pytest.fixture
def scene(committed_db: None) -> Scene:
    return make_scene()


def takers(scene: Scene) -> list[Callable[[], WalletLock]]:
    """Each a service of its own."""
    services = [ServiceAccountFactory(company=scene.cast.company) for _ in range(TAKERS)]
    return [partial(hold, scene.alices, by=service, operation=service.client_id) for service in services]


@pytest.mark.parametrize("before", ["never held", "lapsed"])
def test_of_twenty_takers_one_holds(scene: Scene, before: str) -> None:
    if before == "lapsed":
        hold(scene.alices, by=scene.cast.frida)
        let_lapse(scene.alices)
    results = together(takers(scene))
    (taken,) = [result for result in results if isinstance(result, WalletLock)]
    assert sum(isinstance(result, WalletLocked) for result in results) == TAKERS - 1
    row = WalletLock.objects.get(wallet=scene.alices)
    assert (row.lock_id, row.operation, row.holder_id) == (taken.lock_id, taken.operation, taken.holder_id)
    assert row.fencing_token == taken.fencing_token == (1 if before == "never held" else 2)


def test_tokens_rise_in_the_order_of_holding_and_no_two_hold_at_once(scene: Scene) -> None:
    """Eight sessions take and let go for as long as it takes to have had it five times each."""

    def work(service: Caller) -> list[Span]:
        spans: list[Span] = []
        while len(spans) < 5:
            try:
                lock = hold(scene.alices, by=service)
            except WalletLocked:
                continue
            end = database_now()
            release_lock(caller=service, wallet=scene.alices, lock_id=lock.lock_id, origin=Origin())
            spans.append((lock.fencing_token, lock.acquired_at, end))
        return spans

    services = [ServiceAccountFactory(company=scene.cast.company) for _ in range(8)]
    spans = sorted(chain.from_iterable(answers(together([partial(work, service) for service in services]))))
    assert [token for token, *_ in spans] == list(range(1, 41))
    moments = [moment for _, start, end in spans for moment in (start, end)]
    assert moments == sorted(moments)


def test_it_ends_on_the_instant_by_the_databases_clock(scene: Scene) -> None:
    """Nothing sweeps; before the instant it is there, from it on it is not."""
    lock = hold(scene.alices, by=scene.cast.bookings, lease=timedelta(milliseconds=100))
    assert lock.expires_at - lock.acquired_at == timedelta(milliseconds=100)
    seen = set()
    while True:
        before = database_now()
        held = get_reach(scene.cast.frida, scene.alices.id).held
        after = database_now()
        if after < lock.expires_at:
            assert held is not None
            seen.add("there")
        if before >= lock.expires_at:
            assert held is None
            seen.add("gone")
            break
    assert seen == {"there", "gone"}
    assert WalletLock.objects.filter(wallet=scene.alices).exists()


def test_the_lease_of_whoever_waited_starts_when_the_wait_is_over(scene: Scene) -> None:
    """Another session is ending its lock; the taker waits for the row, then sees it free, and has its whole lease."""
    held = hold(scene.alices, by=scene.cast.frida)
    end = partial(release_lock, caller=scene.cast.frida, wallet=scene.alices, lock_id=held.lock_id, origin=Origin())
    with ThreadPoolExecutor(1) as pool:
        with open_elsewhere(end):
            waiting = pool.submit(in_own_session, partial(hold, scene.alices, by=scene.cast.bookings))
            wait_for_blocked(1)
            still_waiting = database_now()
        lock = waiting.result()
    assert lock.fencing_token == 2
    assert lock.acquired_at > still_waiting
    assert lock.expires_at - lock.acquired_at == timedelta(seconds=30)


@pytest.mark.parametrize("round", range(5))
def test_extending_and_taking_over_at_the_same_moment(scene: Scene, round: int) -> None:
    """Either it was extended in time, or it was taken over, never both. The lease ends while they come."""
    held = hold(scene.alices, by=scene.cast.frida, lease=timedelta(milliseconds=5 * round))
    extend = partial(
        extend_lock,
        caller=scene.cast.frida,
        wallet=scene.alices,
        lock_id=held.lock_id,
        lease=timedelta(seconds=30),
        origin=Origin(),
    )
    extended, taken = together([extend, partial(hold, scene.alices, by=scene.cast.bookings)])
    row = WalletLock.objects.get(wallet=scene.alices)
    match extended, taken:
        case WalletLock(), WalletLocked():
            assert (row.lock_id, row.fencing_token) == (held.lock_id, 1)
        case NotFound(), WalletLock():
            assert (row.lock_id, row.fencing_token) == (taken.lock_id, 2)
        case NotFound(), WalletLocked():
            assert row.fencing_token == 1  # it was there for the one and gone for the other: it lapsed in between
        case _:
            raise AssertionError((extended, taken))


def test_letting_go_by_a_former_holder_does_nothing(scene: Scene) -> None:
    former = hold(scene.alices, by=scene.cast.bookings)
    let_lapse(scene.alices)
    present = hold(scene.alices, by=scene.cast.bookings)
    release = partial(
        release_lock, caller=scene.cast.bookings, wallet=scene.alices, lock_id=former.lock_id, origin=Origin()
    )
    results = together([release] * TAKERS)
    assert all(isinstance(result, NotFound) for result in results)
    row = WalletLock.objects.get(wallet=scene.alices)
    assert (row.lock_id, row.expires_at) == (present.lock_id, present.expires_at)


def test_letting_go_twenty_times_at_once_counts_once(scene: Scene) -> None:
    held = hold(scene.alices, by=scene.cast.bookings)
    release = partial(
        release_lock, caller=scene.cast.bookings, wallet=scene.alices, lock_id=held.lock_id, origin=Origin()
    )
    results = together([release] * TAKERS)
    assert [result for result in results if not isinstance(result, NotFound)] == [None]
