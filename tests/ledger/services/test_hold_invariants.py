"""Holds and undone movements, broken by hand: the checker refuses each and names the row."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ledger.services.breaking import Break
from tests.ledger.services.conftest import HoldStory

UNGUARDED = "ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up;"
UNLIMITED = "ALTER TABLE ledger_transaction DROP CONSTRAINT transaction_refunded;"

BREAKS = [
    Break(
        "I2", "the lines of a hold are gone",
        "DELETE FROM ledger_posting WHERE event_id = '{open_event}'",
        {"event_id": "{open_event}", "postings": "0"},
    ),
    Break(
        "I8", "more was captured than held",
        UNGUARDED + "UPDATE ledger_reservation SET captured_amount = 100.01 WHERE id = '{paid}'",
        {"reservation_id": "{paid}", "amount": "100", "captured_amount": "100.01", "released_amount": "40"},
    ),
    Break(
        "I8", "an open hold holds nothing",
        UNGUARDED + "UPDATE ledger_reservation SET released_amount = amount WHERE id = '{open}'",
        {"reservation_id": "{open}", "status": "ACTIVE"},
    ),
    Break(
        "I8", "a hold has ended with something left",
        UNGUARDED + "UPDATE ledger_reservation SET status = 'EXPIRED' WHERE id = '{open}'",
        {"reservation_id": "{open}", "status": "EXPIRED", "captured_amount": "0", "released_amount": "0"},
    ),
    Break(
        "I8b", "a hold says that more was captured than its history",
        "UPDATE ledger_reservation SET captured_amount = 61, released_amount = 39 WHERE id = '{paid}'",
        {"reservation_id": "{paid}", "captured_amount": "61", "captured": "60"},
    ),
    Break(
        "I8b", "a hold says that it ended otherwise",
        "UPDATE ledger_reservation SET status = 'EXPIRED' WHERE id = '{released}'",
        {"reservation_id": "{released}", "status": "EXPIRED", "told": "RELEASED", "ends": "1"},
    ),
    Break(
        "I8b", "a hold ended twice",
        "UPDATE ledger_event SET stream_id = '{paid_document}' WHERE stream_id = '{released_document}' AND seq = 2",
        {"reservation_id": "{paid}", "ends": "2"},
    ),
    Break(
        "I8c", "a document is open though its hold has ended",
        "UPDATE ledger_transaction SET state = 'BALANCE_RESERVED' WHERE id = '{paid_document}'",
        {"reservation_id": "{paid}", "status": "COMPLETED", "state": "BALANCE_RESERVED"},
    ),
    Break(
        "I8c", "a document has ended though its hold is open",
        "UPDATE ledger_transaction SET state = 'CANCELLED' WHERE id = '{open_document}'",
        {"reservation_id": "{open}", "status": "ACTIVE"},
    ),
    Break(
        "I8c", "an open document has no hold",
        "DELETE FROM ledger_reservation WHERE id = '{open}'",
        {"transaction_id": "{open_document}", "reservation_id": "None"},
    ),
    Break(
        "I8c", "a hold has no document",
        "UPDATE ledger_reservation SET transaction_id = gen_random_uuid() WHERE id = '{released}'",
        {"reservation_id": "{released}", "transaction_id": "None"},
    ),
    Break(
        "I8d", "more lies on a wallet's RESERVED than is held",
        "UPDATE ledger_account SET balance = 31 WHERE owner_id = '{alice}' AND bucket = 'RESERVED'",
        {"bucket": "RESERVED", "balance": "31", "held": "30"},
    ),
    Break(
        "I8d", "a receiver expects what nobody holds",
        "UPDATE ledger_account SET balance = 30.01 WHERE owner_id = '{bob}' AND bucket = 'PENDING'",
        {"bucket": "PENDING", "balance": "30.01", "held": "30"},
    ),
    Break(
        "I8d", "a budget keeps more than is held",
        "UPDATE ledger_account SET balance = 31 WHERE owner_id = '{travel}' AND bucket = 'RESERVED'",
        {"bucket": "RESERVED", "balance": "31", "held": "30"},
    ),
    Break(
        "I8d", "a limit keeps nothing though something is held",
        "UPDATE ledger_account SET balance = 0 WHERE owner_id = '{daily}' AND bucket = 'RESERVED'",
        {"bucket": "RESERVED", "balance": "0", "held": "30"},
    ),
    Break(
        "I8d", "a count keeps the amount",
        "UPDATE ledger_account SET balance = 30 WHERE owner_id = '{payments}' AND bucket = 'RESERVED'",
        {"bucket": "RESERVED", "balance": "30", "held": "1"},
    ),
    Break(
        "I9", "a spend was given back to another budget",
        "UPDATE ledger_posting SET account_id = (SELECT id FROM ledger_account"
        " WHERE owner_id = '{daily}' AND bucket = 'AVAILABLE')"
        " WHERE event_id = '{open_event}' AND account_id = (SELECT id FROM ledger_account"
        " WHERE owner_id = '{travel}' AND bucket = 'AVAILABLE')",
        {"event_id": "{open_event}", "type": "ReservationCreated", "asset_id": "EUR"},
    ),
    Break(
        "I10f", "a limit was turned by a refusal",
        "UPDATE ledger_command SET outcome = 'REFUSED', refusal_code = 'limit.exceeded' WHERE id = '{open_command}'",
        {"command_id": "{open_command}", "type": "Reserve", "outcome": "REFUSED"},
    ),
    Break(
        "I10f", "a limit was turned by a capture",
        "UPDATE ledger_event SET command_id = '{part}'"
        " WHERE type = 'AllowanceTurned' AND command_id = '{open_command}'",
        {"command_id": "{part}", "type": "Capture"},
    ),
    Break(
        "I10", "a change of a budget has no event",
        "DELETE FROM ledger_event WHERE stream_id = '{travel}'",
        {"type": "Allot", "outcome": "ACCEPTED", "events": "0"},
    ),
    Break(
        "I17", "nobody was told of a change of a budget",
        "DELETE FROM ledger_outboxmessage WHERE aggregate_id = '{travel}'",
        {"aggregate_id": "{travel}", "expected": "1", "announced": "0"},
    ),
    Break(
        "I6b", "a limit was turned more often than it says",
        "UPDATE ledger_account SET life_seq = 1, version = version - 1"
        " WHERE owner_id = '{daily}' AND bucket = 'AVAILABLE'",
        {"life_seq": "1", "events": "2"},
    ),
    Break(
        "I4", "more of a budget is reserved than was there",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_floor;"
        "UPDATE ledger_account SET balance = -1 WHERE owner_id = '{travel}' AND bucket = 'RESERVED'",
        {"bucket": "RESERVED", "balance": "-1", "min_balance": "0"},
    ),
    Break(
        "I2", "money was moved by a change of a budget",
        "UPDATE ledger_posting SET account_id = (SELECT id FROM ledger_account"
        " WHERE owner_id = '{alice}' AND bucket = 'AVAILABLE')"
        " WHERE event_id IN (SELECT id FROM ledger_event WHERE stream_id = '{travel}')"
        " AND amount > 0",
        {"book": "allowance"},
    ),
    Break(
        "I8e", "a document says that more was refunded than its refunds",
        "UPDATE ledger_transaction SET refunded_amount = 11 WHERE id = '{refunded}'",
        {"transaction_id": "{refunded}", "refunded_amount": "11", "given_back": "10"},
    ),
    Break(
        "I8e", "a refund is larger than what was said",
        "UPDATE ledger_transaction SET amount = 51, total_amount = 51 WHERE id = '{refund}'",
        {"transaction_id": "{refunded}", "refunded_amount": "10", "given_back": "51"},
    ),
    Break(
        "I8e", "more was refunded than there was",
        UNLIMITED + "UPDATE ledger_transaction SET amount = 51, total_amount = 51 WHERE id = '{refund}';"
        "UPDATE ledger_transaction SET refunded_amount = 51 WHERE id = '{refunded}'",
        {"transaction_id": "{refunded}", "amount": "50", "refunded_amount": "51", "given_back": "51"},
    ),
    Break(
        "I8e", "a document is called reversed and is not",
        "UPDATE ledger_transaction SET state = 'REVERSED' WHERE id = '{refunded}'",
        {"transaction_id": "{refunded}", "state": "REVERSED", "reversals": "0"},
    ),
    Break(
        "I8e", "a reversed document is called completed",
        "UPDATE ledger_transaction SET state = 'COMPLETED' WHERE id = '{reversed}'",
        {"transaction_id": "{reversed}", "state": "COMPLETED", "reversals": "1"},
    ),
    Break(
        "I8e", "what was undone is gone",
        "DELETE FROM ledger_transaction WHERE id = '{reversed}'",
        {"transaction_id": "None", "given_back": "20"},
    ),
    Break(
        "I10", "a capture has no event",
        "DELETE FROM ledger_event WHERE id = '{part_event}'",
        {"command_id": "{part}", "type": "Capture", "outcome": "ACCEPTED", "events": "0"},
    ),
    Break(
        "I10", "a reversal was not told to what it reverses",
        "DELETE FROM ledger_event WHERE stream_id = '{reversed}' AND type = 'TransactionReversed'",
        {"command_id": "{reversal}", "type": "Undo", "events": "1"},
    ),
    Break(
        "I10c", "a document says less than its hold has paid",
        "UPDATE ledger_transaction SET amount = 59, total_amount = 59 WHERE id = '{paid_document}'",
        {"transaction_id": "{paid_document}", "amount": "59", "event_amount": "100"},
    ),
    Break(
        "I10c", "an open document says less than it holds",
        "UPDATE ledger_transaction SET amount = 29, total_amount = 29 WHERE id = '{open_document}'",
        {"transaction_id": "{open_document}", "amount": "29", "event_amount": "30"},
    ),
    Break(
        "I10c", "a document goes to somebody else than its hold",
        "UPDATE ledger_transaction SET destination_wallet_id = gen_random_uuid() WHERE id = '{paid_document}'",
        {"transaction_id": "{paid_document}"},
    ),
    Break(
        "I10c", "a refund says that it undoes something else",
        "UPDATE ledger_transaction SET original_transaction_id = '{reversed}' WHERE id = '{refund}'",
        {"transaction_id": "{refund}"},
    ),
    Break(
        "I10d", "a document is somewhere else than its history",
        "UPDATE ledger_transaction SET state = 'CANCELLED' WHERE id = '{refunded}'",
        {"transaction_id": "{refunded}", "state": "CANCELLED", "told": "COMPLETED"},
    ),
    Break(
        "I10d", "a document counts more than has happened to it",
        "UPDATE ledger_transaction SET version = version + 1 WHERE id = '{paid_document}'",
        {"transaction_id": "{paid_document}", "version": "4", "events": "3"},
    ),
    Break(
        "I10d", "a step is missing in the middle",
        "DELETE FROM ledger_event WHERE id = '{part_event}';"
        "UPDATE ledger_transaction SET version = 2 WHERE id = '{paid_document}'",
        {"transaction_id": "{paid_document}", "events": "2", "last": "3"},
    ),
    Break(
        "I10d", "two steps have one number",
        "UPDATE ledger_event SET seq = 2 WHERE id = '{late_event}'",
        {"transaction_id": "{paid_document}", "events": "3", "last": "2"},
    ),
    Break(
        "I17", "the receiver was not told of a capture",
        "DELETE FROM ledger_outboxmessage WHERE event_id = '{part_event}' AND aggregate_id = '{bob}'",
        {"event_id": "{part_event}", "aggregate_id": "{bob}", "expected": "1", "announced": "0"},
    ),
]  # fmt: skip


def names(story: HoldStory) -> dict[str, Any]:
    return {
        "alice": story.alice.wallet_id,
        "bob": story.bob.wallet_id,
        "open": story.open.hold_id,
        "open_event": story.open.event_id,
        "open_document": story.open.document.id,
        "open_command": story.open.id,
        "travel": story.travel.id,
        "daily": story.daily.id,
        "payments": story.payments.id,
        "paid": story.paid.hold_id,
        "paid_document": story.paid.document.id,
        "part": story.part.id,
        "part_event": story.part.event_id,
        "late_event": story.late.event_id,
        "released": story.released.hold_id,
        "released_document": story.released.document.id,
        "refunded": story.refunded.document.id,
        "refund": story.refund.document.id,
        "reversed": story.reversed.document.id,
        "reversal": story.reversal.id,
    }


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: f"{case.invariant} {case.what}")
def test_a_broken_database_is_refused_and_the_row_named(hold_story: HoldStory, case: Break) -> None:
    case.try_out(names(hold_story))
