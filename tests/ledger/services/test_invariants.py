"""The checker's own tests: for every invariant at least one database, broken by hand, that it must refuse, naming
the row."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.events import posting_id
from ledger.ids import created_at
from ledger.services.invariants import INVARIANTS, check_invariants
from tests.ledger.books import assert_sound
from tests.ledger.services.breaking import Break
from tests.ledger.services.conftest import Story
from tests.ledger.services.snapshot_breaks import SNAPSHOT_BREAKS
from tests.ledger.services.test_hold_invariants import BREAKS as BREAKS_OF_HOLDS

BREAKS = [
    Break(
        "I1", "an amount was raised",
        "UPDATE ledger_posting SET amount = amount + 1 WHERE id = '{posting}'",
        {"book": "money", "asset_id": "EUR", "total": "1"},
    ),
    Break(
        "I2", "two amounts were changed so that the sum stays",
        "UPDATE ledger_posting SET amount = amount + 1 WHERE id = '{posting}';"
        "UPDATE ledger_posting SET amount = amount - 1 WHERE id = '{deposit_posting}' AND true",
        {"asset_id": "EUR"},
    ),
    Break(
        "I2", "the lines of a movement are gone",
        "DELETE FROM ledger_posting WHERE event_id = '{event}'",
        {"event_id": "{event}", "postings": "0"},
    ),
    Break(
        "I2b", "the event of its lines is gone",
        "DELETE FROM ledger_event WHERE id = '{event}'; DELETE FROM ledger_posting WHERE id <> '{posting}'",
        {"posting_id": "{posting}", "event_id": "{event}"},
    ),
    Break(
        "I2b", "a line was moved to another event",
        "UPDATE ledger_posting SET event_id = '{deposit_event}' WHERE id = '{posting}'",
        {"posting_id": "{posting}", "event_id": "{deposit_event}"},
    ),
    Break(
        "I3", "a balance was raised",
        "UPDATE ledger_account SET balance = balance + 1 WHERE id = '{alice}'",
        {"account_id": "{alice}", "balance": "60.5", "postings": "59.5"},
    ),
    Break(
        "I3b", "a checkpoint was raised",
        "UPDATE ledger_account SET balance = balance + 1 WHERE id = '{funding}'",
        {"account_id": "{funding}"},
    ),
    Break(
        "I3b", "a horizon was moved without its postings",
        "UPDATE ledger_account SET balance = 0, folded_xid = (SELECT max(xid) + 1 FROM ledger_event)"
        " WHERE id = '{fees}'",
        {"account_id": "{fees}", "balance": "0", "postings": "0.5"},
    ),
    Break(
        "I3c", "an event comes from the future",
        "UPDATE ledger_event SET xid = 1000000000000 WHERE id = '{event}'",
        {"what": "event", "xid": "1000000000000"},
    ),
    Break(
        "I3c", "a checkpoint reaches into the future",
        "UPDATE ledger_account SET folded_xid = 1000000000000 WHERE id = '{funding}'",
        {"what": "checkpoint", "xid": "1000000000000"},
    ),
    *(Break(*case) for case in SNAPSHOT_BREAKS),
    Break(
        "I4", "a wallet is overdrawn",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_floor;"
        "UPDATE ledger_account SET balance = -0.01 WHERE id = '{alice}'",
        {"account_id": "{alice}", "balance": "-0.01"},
    ),
    Break(
        "I4", "a wallet has lost its floor",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_only_system_has_no_floor;"
        "UPDATE ledger_account SET min_balance = NULL WHERE id = '{alice}'",
        {"account_id": "{alice}", "min_balance": "None"},
    ),
    Break(
        "I5", "an amount is finer than a euro's grain",
        "UPDATE ledger_posting SET amount = amount + 0.00001 WHERE id = '{posting}'",
        {"posting_id": "{posting}", "scale": "4"},
    ),
    Break(
        "I5", "an amount is zero",
        "ALTER TABLE ledger_posting DROP CONSTRAINT posting_amount;"
        "UPDATE ledger_posting SET amount = 0 WHERE id = '{posting}'",
        {"posting_id": "{posting}"},
    ),
    Break(
        "I5", "an amount is not a number",
        "ALTER TABLE ledger_posting DROP CONSTRAINT posting_amount;"
        "UPDATE ledger_posting SET amount = 'NaN' WHERE id = '{posting}'",
        {"posting_id": "{posting}", "amount": "NaN"},
    ),
    Break(
        "I6", "a balance in between was changed",
        "UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE id = '{posting}'",
        {"account_id": "{alice}", "posting_id": "{posting}", "expected_balance": "59.5"},
    ),
    Break(
        "I6", "a line is missing in the middle",
        "DELETE FROM ledger_posting WHERE event_id = '{deposit_event}'",
        {"account_id": "{alice}", "posting_id": "{posting}", "account_seq": "2", "expected_seq": "1"},
    ),
    Break(
        "I6", "a line has lost its number",
        "ALTER TABLE ledger_posting DROP CONSTRAINT posting_chain;"
        "UPDATE ledger_posting SET account_seq = NULL WHERE id = '{posting}'",
        {"posting_id": "{posting}", "account_seq": "None"},
    ),
    Break(
        "I6d", "a line was recorded before the one it follows",
        "UPDATE ledger_posting SET recorded_at = recorded_at - interval '1 hour' WHERE id = '{posting}'",
        {"account_id": "{alice}", "posting_id": "{posting}", "account_seq": "2"},
    ),
    Break(
        "I6b", "a version was raised",
        "UPDATE ledger_account SET version = version + 1 WHERE owner_id = '{bob_wallet}' AND bucket = 'PENDING'",
        {"version": "3", "postings": "None", "events": "2"},
    ),
    Break(
        "I6b", "a status change was not counted",
        "UPDATE ledger_account SET life_seq = life_seq - 1, version = version - 1 WHERE id = '{bob}'",
        {"account_id": "{bob}", "life_seq": "1", "events": "2"},
    ),
    Break(
        "I6c", "the version of a wallet was raised",
        "UPDATE ledger_account SET version = version + 1 WHERE id = '{bob}'",
        {"wallet_id": "{bob_wallet}", "version": "4", "life_seq": "2", "events": "1"},
    ),
    Break(
        "I6b", "a number of lines was lowered",
        "UPDATE ledger_account SET seq = seq - 1 WHERE id = '{alice}'",
        {"account_id": "{alice}", "seq": "1", "postings": "2"},
    ),
    Break(
        "I7", "the guard of a table is gone",
        "DROP TRIGGER append_only ON ledger_event",
        {"missing_trigger": "append_only"},
    ),
    Break(
        "I7", "the guard of a month is off",
        "ALTER TABLE {month} DISABLE TRIGGER append_only",
        {"table": "{month}", "missing_trigger": "append_only"},
    ),
    Break(
        "I7", "a month may be emptied",
        "DROP TRIGGER no_truncate ON {month}",
        {"table": "{month}", "missing_trigger": "no_truncate"},
    ),
    Break(
        "I7", "a closing may be taken back",
        "DROP TRIGGER append_only ON ledger_closing",
        {"table": "ledger_closing", "missing_trigger": "append_only"},
    ),
    Break(
        "I7b", "a month would lose its guard with its table",
        "DROP TRIGGER own_append_only ON {month}",
        {"month": "{month}", "missing_trigger": "own_append_only"},
    ),
    Break(
        "I10", "a command was never decided",
        "UPDATE ledger_command SET outcome = NULL WHERE id = '{command}'",
        {"command_id": "{command}", "outcome": "None"},
    ),
    Break(
        "I10", "a command moved money twice",
        "UPDATE ledger_event SET command_id = '{command}' WHERE id = '{deposit_event}';"
        "DELETE FROM ledger_command WHERE id = '{deposit_command}'",
        {"command_id": "{command}", "events": "2"},
    ),
    Break(
        "I10", "a document is gone",
        "DELETE FROM ledger_transaction WHERE id = '{document}'",
        {"command_id": "{command}", "events": "1", "documents": "0"},
    ),
    Break(
        "I10b", "an event has lost its command",
        "DELETE FROM ledger_command WHERE id = '{suspension_command}'",
        {"what": "event", "id": "{suspension_event}"},
    ),
    Break(
        "I10b", "a document has lost its command",
        "DELETE FROM ledger_command WHERE id = '{command}'; DELETE FROM ledger_event WHERE id = '{event}'",
        {"what": "document", "id": "{document}"},
    ),
    *(
        Break(
            "I10c", f"a document says another {column}",
            f"UPDATE ledger_transaction SET {assignment} WHERE id = '{{document}}'",
            {"transaction_id": "{document}"},
        )
        for column, assignment in {
            "type": "type = 'PAYMENT'",
            "amount": "amount = amount + 1, total_amount = total_amount + 1",
            "fee": "fee_amount = fee_amount + 1, total_amount = total_amount + 1",
            "asset": "asset_id = 'USD'",
            "source": "source_wallet_id = gen_random_uuid()",
            "destination": "destination_wallet_id = gen_random_uuid()",
            "kind of reference": "reference_type = 'other'",
            "reference": "reference_id = 'other'",
        }.items()
    ),
    Break(
        "I10c", "a document has lost its event",
        "UPDATE ledger_event SET stream_id = gen_random_uuid() WHERE id = '{event}'",
        {"transaction_id": "{document}", "type": "None"},
    ),
    Break(
        "I10e", "an event was moved into a period that had been closed",
        "INSERT INTO ledger_closing (id, company_id, closed_until, reason, actor_type, created_at)"
        " SELECT gen_random_uuid(), company_id, '2026-01-01', 'Audited.', 'FINANCE', '2026-01-02'"
        " FROM ledger_transaction WHERE id = '{document}';"
        "UPDATE ledger_event SET effective_at = '2025-12-31' WHERE id = '{event}'",
        {"event_id": "{event}"},
    ),
    Break(
        "I12", "a command that moved money is called refused",
        "UPDATE ledger_command SET outcome = 'REFUSED', refusal_code = 'wallet.frozen' WHERE id = '{command}'",
        {"command_id": "{command}"},
    ),
    Break(
        "I17", "an event was not announced",
        "DELETE FROM ledger_outboxmessage WHERE event_id = '{event}' AND aggregate_id = '{alice_wallet}'",
        {"event_id": "{event}", "aggregate_id": "{alice_wallet}", "expected": "1", "announced": "0"},
    ),
    Break(
        "I17", "a refusal was not announced",
        "DELETE FROM ledger_outboxmessage WHERE event_id = '{refused_event}'",
        {"event_id": "{refused_event}", "expected": "1", "announced": "0"},
    ),
    Break(
        "I17", "something was announced that did not happen",
        "UPDATE ledger_outboxmessage SET aggregate_id = '{bob_wallet}' WHERE event_id = '{refused_event}'",
        {"event_id": "{refused_event}"},
    ),
    Break(
        "I18", "a number was left out",
        "UPDATE ledger_outboxmessage SET sequence = sequence + 1"
        " WHERE event_id = '{event}' AND aggregate_id = '{alice_wallet}'",
        {"aggregate_id": "{alice_wallet}", "messages": "3", "last": "4", "version": "3"},
    ),
    Break(
        "I18", "a number was given twice",
        "UPDATE ledger_outboxmessage SET sequence = 2"
        " WHERE event_id = '{event}' AND aggregate_id = '{alice_wallet}'",
        {"aggregate_id": "{alice_wallet}", "messages": "3", "numbers": "2"},
    ),
]  # fmt: skip


def names(story: Story) -> dict[str, Any]:
    """What the statements call the rows of the story."""
    return {
        "alice": story.alice.account_id,
        "alice_wallet": story.alice.wallet_id,
        "bob": story.bob.account_id,
        "bob_wallet": story.bob.wallet_id,
        "funding": story.books.funding.id,
        "fees": story.books.fees.id,
        "deposit_command": story.deposit.id,
        "deposit_event": story.deposit.event_id,
        "deposit_posting": posting_id(story.deposit.event_id, 1),
        "command": story.transfer.id,
        "document": story.transfer.document.id,
        "event": story.transfer.event_id,
        "posting": posting_id(story.transfer.event_id, 1),
        "refused_event": story.refused.event_id,
        "suspension_command": story.suspension.id,
        "suspension_event": story.suspension.event_id,
        "saved": story.saved.account_id,
        "month": f"ledger_posting_{created_at(story.transfer.event_id):%Y_%m}",
    }


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.invariant} {case.what}")
def test_a_broken_database_is_refused_and_the_row_named(story: Story, case: Break) -> None:
    case.try_out(names(story))


def test_every_invariant_has_a_broken_database() -> None:
    assert {case.invariant for case in (*BREAKS, *BREAKS_OF_HOLDS)} == {invariant.id for invariant in INVARIANTS}


def test_nothing_is_found_where_nothing_is_broken(story: Story) -> None:
    assert_sound()


def test_findings_come_in_order_one_per_invariant(story: Story) -> None:
    assert [finding.invariant for finding in check_invariants()] == list(INVARIANTS)
