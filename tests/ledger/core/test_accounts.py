"""Opening accounts, changing their status, and what they and their postings are called."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from itertools import product
from uuid import UUID

import pytest

from ledger.core.accounts import WALLET, Account, AccountStatus, Book, Bucket, account_id
from ledger.core.events import POSTINGS_PER_EVENT, EventType, Stream, posting_id
from ledger.core.machine import Decision, decide, evolve
from tests.ledger.core.cast import (
    ALICE,
    BOB,
    COMPANY,
    EVENT,
    NOW,
    opening,
    pay,
    state,
    status_change,
    system,
    wallet,
)

NEW = [
    replace(wallet(ALICE, bucket=bucket), seq=0, life_seq=0, version=0)
    for bucket in (Bucket.AVAILABLE, Bucket.PENDING, Bucket.RESERVED)
]


def test_opened_accounts_start_at_zero_with_one_event() -> None:
    (event,) = decide(state(), opening(*NEW), NOW).events
    assert (event.type, event.stream, event.stream_id, event.seq) == (
        EventType.ACCOUNTS_OPENED,
        Stream.ACCOUNTS,
        NEW[0].id,
        1,
    )
    assert evolve(state(), event) == state(*(replace(account, life_seq=1, version=1) for account in NEW))


@pytest.mark.parametrize(
    "account",
    [
        replace(wallet(BOB, floor="-250.5"), seq=0, version=0),
        replace(wallet(BOB, asset="ETH", bucket=Bucket.STAKED, book=Book.ALLOWANCE), seq=0, version=0),
        replace(system("COMPANY_FUNDING"), version=0),
    ],
    ids=["with an overdraft", "of another book", "of the system"],
)
def test_an_account_survives_its_event_and_json(account: Account) -> None:
    (event,) = decide(state(), opening(account), NOW).events
    stored = replace(event, data=json.loads(json.dumps(event.data)))
    assert evolve(state(), stored) == state(replace(account, life_seq=1, version=1))


def test_a_status_change_reaches_all_accounts_and_counts_as_an_event() -> None:
    accounts = [wallet(ALICE, bucket=bucket) for bucket in (Bucket.AVAILABLE, Bucket.PENDING)]
    before = state(*accounts, wallet(BOB))
    (event,) = decide(before, status_change(AccountStatus.FROZEN, *accounts, reason="lost phone"), NOW).events
    assert (event.stream_id, event.seq) == (accounts[0].id, 3)  # six events, four of them postings
    assert event.data == {
        "account_ids": [str(account.id) for account in accounts],
        "old_status": "ACTIVE",
        "status": "FROZEN",
        "reason": "lost phone",
    }
    frozen = (replace(account, status=AccountStatus.FROZEN, life_seq=3, version=7) for account in accounts)
    assert evolve(before, event) == state(*frozen)


@pytest.mark.parametrize("status", AccountStatus)
def test_the_same_status_again_is_no_event(status: AccountStatus) -> None:
    account = wallet(ALICE, "5", status)
    assert decide(state(account), status_change(status, account), NOW) == Decision()


def test_a_wallet_has_one_headline() -> None:
    assert [account.is_headline for account in NEW] == [True, False, False]
    assert not system("FEE_INCOME").is_headline
    assert system("FEE_INCOME").is_system


def test_lives_and_postings_are_counted_apart() -> None:
    before = state(wallet(ALICE, "100"), wallet(BOB))
    (event,) = decide(before, pay(), NOW).events
    assert {(a.seq, a.life_seq, a.version) for a in evolve(before, event).accounts.values()} == {(5, 2, 7)}


def test_an_account_id_follows_from_what_the_account_is() -> None:
    """A constant, because it may never change: every stored account has its id from here."""
    assert account_id(WALLET, ALICE, "EUR", Bucket.AVAILABLE) == UUID("2a4bdad6-58a2-5517-9d20-6af76882b71b")
    assert account_id(WALLET, ALICE, "EUR", Bucket.AVAILABLE) == wallet(ALICE).id


def test_no_two_accounts_share_an_id() -> None:
    identities = list(product((WALLET, "FEE_INCOME"), (ALICE, BOB, COMPANY), ("EUR", "USD"), Bucket, Book))
    assert len({account_id(*identity) for identity in identities}) == len(identities)


def test_posting_ids_count_on_from_their_event() -> None:
    assert [posting_id(EVENT, line).int - EVENT.int for line in (1, 2, POSTINGS_PER_EVENT)] == [1, 2, 65535]
    assert posting_id(EVENT, POSTINGS_PER_EVENT) < UUID(int=EVENT.int + 2**16)


@pytest.mark.parametrize(
    ("event_id", "line"), [(UUID(int=EVENT.int + 1), 1), (EVENT, 0), (EVENT, -1), (EVENT, POSTINGS_PER_EVENT + 1)]
)
def test_there_is_no_posting_id_outside_of_the_event(event_id: UUID, line: int) -> None:
    with pytest.raises(AssertionError):
        posting_id(event_id, line)


def test_decimals_of_the_floor_are_exact() -> None:
    (event,) = decide(state(), opening(replace(NEW[0], min_balance=Decimal("-0.000000000000000001"))), NOW).events
    assert event.data["accounts"][0]["min_balance"] == "-0.000000000000000001"
