"""The checks that run all day long find what somebody broke, quickly, and hinder nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection

from ledger.services import checking
from ledger.services.checking import check_everything, check_sample
from ledger.services.invariants import INVARIANTS, SAMPLED
from ledger.services.job_runs import Skipped, WorkFailed
from tests.ledger.connecting import tampering
from tests.ledger.services.conftest import Story
from tests.ledger.sessions import open_elsewhere

LATEST = "SELECT id FROM ledger_posting WHERE account_id = %(alice)s ORDER BY account_seq DESC LIMIT 1"
BREAKS: list[tuple[str, str]] = [
    ("I2", f"UPDATE ledger_posting SET amount = amount + 1, balance_after = balance_after + 1 WHERE id = ({LATEST})"),
    ("I3", "UPDATE ledger_account SET balance = balance + 1 WHERE id = %(alice)s"),
    ("I3", "UPDATE ledger_account SET seq = seq + 1, version = version + 1 WHERE id = %(alice)s"),
    ("I3", f"DELETE FROM ledger_posting WHERE id = ({LATEST})"),
    (
        "I6",
        "UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE account_id = %(alice)s AND account_seq = 1",
    ),
    ("I6", "DELETE FROM ledger_posting WHERE account_id = %(alice)s AND account_seq = 1"),
    ("I18", "DELETE FROM ledger_outboxmessage WHERE aggregate_id = %(wallet)s AND sequence = 2"),
    ("I18", "UPDATE ledger_outboxmessage SET sequence = 9 WHERE aggregate_id = %(wallet)s AND sequence = 1"),
    ("I18", "DELETE FROM ledger_outboxmessage WHERE aggregate_id = %(wallet)s"),
]


def test_a_sound_ledger_passes(story: Story) -> None:
    done = check_sample()
    assert done["broken"] == 0
    assert done["accounts"] >= 3
    assert done["events"] >= 2
    assert check_everything() == {"invariants": len(INVARIANTS), "broken": 0}


@pytest.mark.parametrize(("invariant", "change"), BREAKS)
def test_what_was_broken_lately_is_found_and_named(story: Story, invariant: str, change: str) -> None:
    ids = {"alice": story.alice.account_id, "wallet": story.alice.wallet_id}
    with tampering() as cursor:
        cursor.execute(change, ids)
        with pytest.raises(WorkFailed) as found:
            check_sample()
    assert found.value.done["broken"] >= 1
    assert f"{invariant} is broken" in str(found.value)
    assert any(str(id) in str(found.value) for id in ids.values()) or invariant == "I2"
    assert check_sample()["broken"] == 0


def test_a_floor_and_a_hold_that_somebody_broke_are_found(story: Story) -> None:
    with tampering() as cursor:
        cursor.execute("ALTER TABLE ledger_account DROP CONSTRAINT account_floor")
        cursor.execute("UPDATE ledger_account SET min_balance = balance + 1 WHERE id = %s", [story.alice.account_id])
        with pytest.raises(WorkFailed, match="I4 is broken"):
            check_sample()
    with tampering() as cursor:
        cursor.execute("ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up")
        cursor.execute(
            """
            INSERT INTO ledger_reservation (id, transaction_id, wallet_id, asset_id, amount, captured_amount,
                released_amount, status, expires_at, purpose, parts, created_at, updated_at)
            VALUES (gen_random_uuid(), %s, %s, 'EUR', 5, 4, 2, 'CAPTURED', now(), '', '[]', now(), now())
            """,
            [story.transfer.document.id, story.alice.wallet_id],
        )
        with pytest.raises(WorkFailed, match="I8 is broken"):
            check_sample()


def test_the_nightly_check_tells_how_many_are_broken(story: Story) -> None:
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_account SET balance = balance + 1 WHERE id = %s", [story.alice.account_id])
        with pytest.raises(WorkFailed, match="I3 is broken") as found:
            check_everything()
    assert found.value.done == {"invariants": len(INVARIANTS), "broken": 1}


def test_one_nightly_check_at_a_time(story: Story) -> None:
    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('ledger_check_everything'))")

    with open_elsewhere(hold), pytest.raises(Skipped):
        check_everything()


def test_an_old_account_is_found_by_chance(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "LATEST_POSTINGS", 0)
    monkeypatch.setattr(checking, "RANDOM_ACCOUNTS", 200)
    done = check_sample()
    assert done["events"] == 0
    assert 0 < done["accounts"] <= 200


def test_only_the_tail_of_a_long_history_is_looked_at(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "TAIL", 1)
    with tampering() as cursor:
        cursor.execute(
            "UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE account_id = %s AND account_seq = 1",
            [story.alice.account_id],
        )
        assert check_sample()["broken"] == 0


def test_it_only_reads_and_gives_up_soon(story: Story) -> None:
    with checking._glance() as cursor:
        cursor.execute("SHOW transaction_read_only")
        assert cursor.fetchone() == ("on",)
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("2s",)
        cursor.execute("SELECT pg_current_xact_id_if_assigned()")
        assert cursor.fetchone() == (None,)
    with pytest.raises(OperationalError, match="statement timeout"), checking._glance() as cursor:
        cursor.execute("SELECT pg_sleep(3)")


def test_it_waits_for_nobody_and_nobody_for_it(story: Story) -> None:
    def hold() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM ledger_account WHERE id = %s FOR UPDATE", [story.alice.account_id])

    with open_elsewhere(hold):
        assert check_sample()["broken"] == 0


@pytest.mark.parametrize("query", [i.sql for i in SAMPLED] + [checking._LATEST, checking._NEAREST, checking._WALLETS])
def test_every_query_goes_along_indexes(story: Story, query: str) -> None:
    ids = [story.alice.account_id]
    named = {"accounts": ids, "wallets": [story.alice.wallet_id], "events": ids, "tail": 100}
    parameters: Any = named if "%(" in query else [500 if query == checking._LATEST else ids]
    with checking._glance() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + query, parameters)
        (plan,) = cursor.fetchone()
    scanned = [node for node in _nodes(plan[0]["Plan"]) if node["Node Type"] == "Seq Scan"]
    assert scanned == []


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for inner in plan.get("Plans", ()) for node in _nodes(inner))]
