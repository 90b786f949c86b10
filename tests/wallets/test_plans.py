"""What is read often looks into few months, and never from one end of a month to the other.

The database explains the very statements that the code sends, on six months of a company with fifty wallets.

Some questions belong to all months: how many transactions a wallet has, which messages wait. They are answered from
an index in each. Where an answer lies in some months only, a bound on the id says so (ADR 0003, 0023).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoDbBlocker

from ledger import redis
from ledger.selectors.delivery import delivery_state
from ledger.services.relay.deliveries import due_messages
from tests.compliance.clients import api_as
from tests.databases import new_installation
from tests.ledger.services.moves import connected_to
from tests.wallets.admin.staff import at_desk
from tests.wallets.months import MONTHS, Company, found_company, look_of, looks_of

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.timeout(300)]
THEN = -3
"""Months from now."""
AHEAD = {1, 2, 3}
"""Empty ones. An index says so at once."""
ALL = {*MONTHS, *AHEAD}


@pytest.fixture(scope="module")
def company(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Company]:
    with new_installation() as installation, django_db_blocker.unblock():
        installation.manage("prepare_database")
        with connected_to(installation):
            yield found_company(installation)


def since(month: int) -> set[int]:
    return {present for present in ALL if present >= month}


def around(month: int) -> set[int]:
    """A bound on the id leaves a week to each side."""
    return {month - 1, month, month + 1}


def test_the_page_of_a_wallet(company: Company) -> None:
    """Its count and its order ask all months of the wallet; the balances after each need those of the page."""
    alice = api_as(company.scene.cast.alice)
    look = look_of(lambda: alice.get(f"/v1/wallets/{company.scene.alices.id}/transactions"))
    assert look.scanned == set()
    assert look.months["ledger_transaction"] == ALL
    assert look.months["ledger_event"] <= since(-2)
    assert look.months["ledger_posting"] <= {-1, 0}


def test_a_page_of_a_history_does_not_read_all_of_it(company: Company) -> None:
    """What goes out and what comes in lie in an index each, in the order of the page: a row more than it shows of each,
    and the first one of each month."""
    alice = api_as(company.scene.cast.alice)
    path = f"/v1/wallets/{company.scene.alices.id}/transactions?limit=30"
    (page,) = (look for look in looks_of(lambda: alice.get(path)) if "LIMIT 31" in look.sql)
    assert page.rows <= 2 * (31 + len(ALL))


def test_the_days_of_a_wallet(company: Company) -> None:
    alice, day = api_as(company.scene.cast.alice), company.payments[THEN][1].date()
    days = f"start_date={day}&end_date={day + timedelta(days=3)}"
    look = look_of(lambda: alice.get(f"/v1/wallets/{company.scene.alices.id}/transactions?{days}"))
    assert look.scanned == set()
    assert look.months["ledger_transaction"] <= around(THEN)
    assert look.months["ledger_posting"] == {THEN}


def test_a_page_further_back(company: Company) -> None:
    """Its rows come from the cursor's month and older ones; only the count still asks the newer ones."""
    alice, path = api_as(company.scene.cast.alice), f"/v1/wallets/{company.scene.alices.id}/transactions?limit=100"
    for _ in range(4):
        path = alice.get(path).headers["Link"].split(">")[0].removeprefix("<")
    (page,) = (look for look in looks_of(lambda: alice.get(path)) if "LIMIT 101" in look.sql)
    assert page.scanned == set()
    assert page.months["ledger_transaction"] <= {*MONTHS} - {0}


def test_one_transaction(company: Company) -> None:
    alice, (id, _) = api_as(company.scene.cast.alice), company.payments[THEN]
    assert look_of(lambda: alice.get(f"/v1/transactions/{id}")).months == {"ledger_transaction": {THEN}}


@pytest.mark.parametrize("of", ["events", "entries"])
def test_what_belongs_to_a_transaction(company: Company, of: str) -> None:
    """Its events may come long after it, but not before; their postings lie in their months."""
    alice, (id, _) = api_as(company.scene.cast.alice), company.payments[THEN]
    look = look_of(lambda: alice.get(f"/v1/transactions/{id}/{of}"))
    assert look.scanned == set()
    assert look.months["ledger_event"] <= since(THEN - 1)
    assert look.months["ledger_event"] >= since(THEN)
    assert look.months.get("ledger_posting", {THEN}) == {THEN}


def test_a_present_balance_needs_no_history(company: Company) -> None:
    alice = api_as(company.scene.cast.alice)
    redis.client().delete(f"wallet:{company.scene.alices.id}:balance")
    assert look_of(lambda: alice.get(f"/v1/wallets/{company.scene.alices.id}/balance")).months == {}


def test_a_statement_reads_its_lines_from_an_index(company: Company) -> None:
    """`effective_at` may lie in any month (bookings arrive late), so each month's index is asked."""
    alice, day = api_as(company.scene.cast.alice), company.payments[THEN][1].date()
    days = f"from={day}T00:00:00Z&to={day + timedelta(days=3)}T00:00:00Z"
    look = look_of(lambda: alice.get(f"/v1/wallets/{company.scene.alices.id}/statement?{days}"))
    assert not {name for name in look.scanned if name.startswith(("ledger_posting", "ledger_transaction"))}
    assert look.months.get("ledger_transaction", {THEN}) == {THEN}


def test_a_statement_of_many_lines_goes_by_keys_too(company: Company) -> None:
    """For thousands of lines a planner would rather read all events of all months."""
    alice, day = api_as(company.scene.cast.alice), company.payments[MONTHS[0]][1].date()
    days = f"from={day}T00:00:00Z&to={day + timedelta(days=150)}T00:00:00Z"
    look = look_of(lambda: alice.get(f"/v1/wallets/{company.scene.alices.id}/statement?{days}"))
    assert look.rows > 500
    assert not {name for name in look.scanned if name.startswith(("ledger_event", "ledger_transaction"))}


@pytest.mark.parametrize("read", [delivery_state, due_messages])
def test_what_the_outbox_still_holds(company: Company, read: Callable[[], Any]) -> None:
    """A message may wait in any month, but what waits is few rows of a partial index."""
    look = look_of(read)
    assert look.scanned == set()
    assert look.months == {"ledger_outboxmessage": ALL}


NEWEST = {"ledger_event", "ledger_posting", "ledger_outboxmessage", "compliance_auditrecord"}
"""Lists that begin with the newest month and end with their page."""


@pytest.mark.parametrize("who", ["frida", "bob", "audrey"])
@pytest.mark.parametrize("table", ["transaction", "event", "posting", "outboxmessage", "command", "account"])
def test_lists_in_the_back_office(company: Company, who: str, table: str) -> None:
    """frida and audrey see the whole company, bob his team."""
    desk = at_desk(getattr(company.scene.cast, who))
    look = look_of(lambda: desk.get(f"/admin/ledger/{table}/"))
    assert look.scanned == set()
    if who != "bob" and f"ledger_{table}" in NEWEST:
        assert look.months[f"ledger_{table}"] <= since(-1)


def test_audit_records_in_the_back_office(company: Company) -> None:
    desk = at_desk(company.scene.cast.audrey)
    look = look_of(lambda: desk.get("/admin/compliance/auditrecord/"))
    assert look.scanned == set()
    assert look.months["compliance_auditrecord"] <= ALL


def test_a_transaction_in_the_back_office(company: Company) -> None:
    desk, (id, _) = at_desk(company.scene.cast.frida), company.payments[THEN]
    look = look_of(lambda: desk.get(f"/admin/ledger/transaction/{id}/change/"))
    assert look.scanned == set()
    assert look.months["ledger_transaction"] <= since(THEN - 1)  # what undid it may have come at any time since
    assert look.months["ledger_posting"] == {THEN}


def test_home_of_the_back_office(company: Company) -> None:
    assert look_of(lambda: at_desk(company.scene.cast.frida).get("/admin/")).scanned == set()
