"""Figures at an instant as known at another, each against the sum of all postings: with and without snapshots,
back-dated, to the microsecond."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from ledger.core.accounts import Bucket
from ledger.core.allowances import ENVELOPE_BUCKETS
from ledger.models import Posting
from ledger.selectors.balances import wallet_figures, wallet_figures_at
from ledger.selectors.clock import database_now
from ledger.selectors.instants import EVER, MOMENT, balances_at, system_balances_at
from ledger.services.accounts import wallet_account_id
from ledger.services.allowances import allowance_account_id
from ledger.services.folding import fold_system_accounts
from ledger.services.movements import Side
from tests.ledger.books import Books, assert_sound, post
from tests.ledger.buckets import move
from tests.ledger.envelopes import WINDOWS, budget, limit
from tests.ledger.snapshots import snapshot_everything

DAY = timedelta(days=1)
MIDNIGHT = datetime(2024, 3, 10, tzinfo=UTC)


@pytest.fixture
def books(committed_db: None) -> Books:
    return Books().open()


@pytest.fixture
def passing_books(db: None) -> Books:
    return Books().open()


def summed(postings: list[Posting], at: datetime, known_at: datetime) -> Decimal:
    """The definition: what counts by `at`, of what was recorded by `known_at`."""
    return sum((p.amount for p in postings if p.effective_at <= at and p.recorded_at <= known_at), Decimal(0))


def assert_as_defined(books: Books, wallet: Side, *, cases: int) -> None:
    """At instants at which something happens, and the moments right before: as many pairs of them as `cases`."""
    account, funding = wallet.account_id, books.funding.id
    postings = list(Posting.objects.filter(account_id=account))
    exact = {time for p in postings for time in (p.effective_at, p.recorded_at)} | {MIDNIGHT, MIDNIGHT + DAY}
    instants = sorted(exact | {time - MOMENT for time in exact})
    pairs = list(product(instants, repeat=2))
    for at, known_at in random.Random(0).sample(pairs, cases):
        case = f"at {at}, known at {known_at}"
        expected = summed(postings, at, known_at)
        assert balances_at([account], at=at, known_at=known_at) == {account: expected}, case
        assert system_balances_at([funding], at=at, known_at=known_at) == {funding: -expected}, case


def test_every_instant_against_the_sum_of_all_postings(books: Books) -> None:
    alice = books.wallet("100")
    post(books.payment(alice, "1", effective_at=MIDNIGHT))
    snapshot_everything()
    post(books.payment(alice, "2", effective_at=MIDNIGHT + timedelta(hours=7)))
    post(books.deposit(alice, "4"))
    assert_as_defined(books, alice, cases=60)
    post(books.payment(alice, "8", effective_at=MIDNIGHT - MOMENT))
    snapshot_everything()
    post(books.deposit(alice, "16", effective_at=MIDNIGHT + DAY))
    assert_as_defined(books, alice, cases=150)
    snapshot_everything()
    assert_as_defined(books, alice, cases=150)
    assert_sound()


@pytest.mark.parametrize("seed", range(3))
def test_histories_made_by_chance(books: Books, seed: int) -> None:
    chance = random.Random(seed)
    alice = books.wallet("1000")
    opened = database_now()
    for _ in range(8):
        if chance.random() < 0.3:
            snapshot_everything()
        amount = str(chance.randint(1, 50))
        when = chance.choice([None, None, MIDNIGHT + chance.randint(-50, 50) * timedelta(hours=1), opened + MOMENT])
        make = chance.choice([books.deposit, books.payment])
        post(make(alice, amount, effective_at=when))
    assert_as_defined(books, alice, cases=100)


def test_every_bucket(passing_books: Books) -> None:
    alice = passing_books.wallet("100")
    start = database_now()
    move(alice, Bucket.AVAILABLE, Bucket.RESERVED, "30")
    reserved = database_now()
    move(alice, Bucket.AVAILABLE, Bucket.PENDING, "5")
    move(alice, Bucket.RESERVED, Bucket.AVAILABLE, "10")
    now = database_now()
    shown = [
        wallet_figures_at(wallet_id=alice.wallet_id, asset="EUR", at=at, known_at=EVER)
        for at in (start - DAY, start, reserved, now)
    ]
    assert [(f.available, f.reserved, f.pending) for f in shown] == [
        (0, 0, 0),
        (100, 0, 0),
        (70, 30, 0),
        (75, 20, 5),
    ]


def test_postings_of_one_instant_count_together(books: Books) -> None:
    """A batch is recorded in one instant: its last posting says what was held then."""
    alice = books.wallet("100")
    post(*(books.payment(alice, "1") for _ in range(20)))
    (recorded_at,) = set(
        Posting.objects.filter(account_id=alice.account_id, account_seq__gt=1).values_list("recorded_at", flat=True)
    )
    assert balances_at([alice.account_id], at=recorded_at, known_at=EVER) == {alice.account_id: 80}
    before = balances_at([alice.account_id], at=recorded_at - MOMENT, known_at=EVER)
    assert before == {alice.account_id: 100}


def test_the_version_is_the_one_that_the_wallet_had(books: Books) -> None:
    alice = books.wallet("100")
    versions, instants = [], []
    for amount in ("1", "2", "3"):
        post(books.payment(alice, amount))
        versions.append(wallet_figures([alice.wallet_id])[alice.wallet_id].version)
        instants.append(Posting.objects.filter(account_id=alice.account_id).latest("account_seq").recorded_at)
    assert versions == [3, 4, 5]
    for version, instant in zip(versions, instants, strict=True):
        for at, known_at in ((instant, EVER), (EVER, instant), (instant, instant)):
            figures = wallet_figures_at(wallet_id=alice.wallet_id, asset="EUR", at=at, known_at=known_at)
            assert (figures.version, figures.updated_at) == (version, instant)
    before = wallet_figures_at(wallet_id=alice.wallet_id, asset="EUR", at=MIDNIGHT, known_at=EVER)
    assert (before.version, before.updated_at) == (0, None)


def test_an_account_that_does_not_exist_holds_nothing(books: Books) -> None:
    id = wallet_account_id(UUID(int=1), "EUR")
    assert balances_at([id], at=EVER, known_at=EVER) == {id: 0}
    assert system_balances_at([id], at=EVER, known_at=EVER) == {id: 0}
    assert balances_at([], at=EVER, known_at=EVER) == {}


def test_what_envelopes_held_at_every_instant_of_their_lives(books: Books) -> None:
    """A turn bears a later id than the spend that brought it about, and comes before it; both at the same instant."""
    alice = books.wallet("1000")
    travel, daily = budget(books.company_id, "200"), limit(books.company_id, "50")
    for window in WINDOWS[:3]:
        rules = travel.allowance(), daily.allowance(window)
        post(books.payment(alice, "20", allowances=rules), books.payment(alice, "10", allowances=rules))
        held = books.hold(alice, "5", allowances=rules)
        post(books.capture(held, "3"), travel.more("-7"), books.payment(alice, "1", effective_at=MIDNIGHT))
    snapshot_everything()
    late = books.payment(alice, "2", allowances=(travel.allowance(),), effective_at=MIDNIGHT)
    post(late, books.payment(alice, "4", allowances=(daily.allowance(WINDOWS[3]),)))
    ids = [rule.account_id(bucket) for rule in (travel, daily) for bucket in ENVELOPE_BUCKETS]
    lines = {id: list(Posting.objects.filter(account_id=id)) for id in ids}
    moments = sorted({p.recorded_at for postings in lines.values() for p in postings} | {MIDNIGHT})
    for at, known_at in product([*moments, moments[1] - MOMENT], repeat=2):
        expected = {id: summed(postings, at, known_at) for id, postings in lines.items()}
        assert balances_at(ids, at=at, known_at=known_at) == expected
    assert [balances_at(ids, at=EVER, known_at=EVER)[id] for id in ids] == [*travel.figures, *daily.figures]
    assert daily.figures == [46, 0, 4]
    source = allowance_account_id(books.company_id, "EUR")
    fold_system_accounts()
    assert system_balances_at([source], at=EVER, known_at=EVER)[source] == -travel.given == -(200 - 21 + 50)
    assert_sound()
