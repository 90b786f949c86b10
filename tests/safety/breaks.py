"""Databases broken by hand, as only a superuser can who has switched every trigger off."""

from __future__ import annotations

from typing import NamedTuple

from tests.servers import APP_ROLE

A_LINE = "(SELECT id FROM ledger_posting WHERE account_seq IS NOT NULL ORDER BY id LIMIT 1)"
A_PAYMENT = "(SELECT id FROM ledger_transaction WHERE type = 'TRANSFER' AND state = 'COMPLETED' ORDER BY id LIMIT 1)"
ITS_EVENT = f"(SELECT id FROM ledger_event WHERE stream_id = {A_PAYMENT} AND seq = 1)"
ITS_COMMAND = f"(SELECT command_id FROM ledger_transaction WHERE id = {A_PAYMENT})"
A_WALLET = "(SELECT id FROM ledger_account WHERE owner_type = 'WALLET' AND bucket = 'AVAILABLE' AND seq > 3 LIMIT 1)"
A_HOLD = "(SELECT id FROM ledger_reservation WHERE status = 'COMPLETED' ORDER BY id LIMIT 1)"
A_SUBJECT = "(SELECT aggregate_id FROM ledger_outboxmessage GROUP BY 1 HAVING count(*) > 5 LIMIT 1)"
A_BUDGET = "SELECT id FROM ledger_account WHERE owner_type = 'BUDGET' AND bucket = '{}' AND seq > 0"


class Break(NamedTuple):
    """
    Attributes:
        is_change: it shows only beside what history looked like before.
    """

    invariant: str
    what: str
    statements: tuple[str, ...]
    is_change: bool = False


def _break(invariant: str, what: str, *statements: str, is_change: bool = False) -> Break:
    return Break(invariant, what, statements, is_change)


BREAKS = (
    _break("I1", "an amount was raised", f"UPDATE ledger_posting SET amount = amount + 1 WHERE id = {A_LINE}"),
    _break("I2", "a movement has lost a line", f"DELETE FROM ledger_posting WHERE id = {A_LINE}"),
    _break(
        "I2", "a line without a movement", f"UPDATE ledger_posting SET event_id = gen_random_uuid() WHERE id = {A_LINE}"
    ),
    _break(
        "I2",
        "a document says more than was moved",
        f"UPDATE ledger_transaction SET amount = amount + 1, total_amount = total_amount + 1 WHERE id = {A_PAYMENT}",
    ),
    _break("I3", "a balance was raised", f"UPDATE ledger_account SET balance = balance + 1 WHERE id = {A_WALLET}"),
    _break(
        "I3",
        "a checkpoint was raised",
        "UPDATE ledger_account SET balance = balance + 1 WHERE bucket = 'SYSTEM' AND folded_xid IS NOT NULL",
    ),
    _break(
        "I4",
        "a wallet is overdrawn",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_floor",
        f"UPDATE ledger_account SET balance = -0.01 WHERE id = {A_WALLET}",
    ),
    _break(
        "I4",
        "more is reserved than holds keep",
        "UPDATE ledger_account SET balance = balance + 1 WHERE owner_type = 'WALLET' AND bucket = 'RESERVED'",
    ),
    _break(
        "I4",
        "a wallet has lost its floor",
        "ALTER TABLE ledger_account DROP CONSTRAINT account_only_system_has_no_floor",
        f"UPDATE ledger_account SET min_balance = NULL WHERE id = {A_WALLET}",
    ),
    _break(
        "I5",
        "an amount is not a number",
        "ALTER TABLE ledger_posting DROP CONSTRAINT posting_amount",
        f"UPDATE ledger_posting SET amount = 'NaN' WHERE id = {A_LINE}",
    ),
    _break("I5", "an amount is too fine", f"UPDATE ledger_posting SET amount = 0.00001 WHERE id = {A_LINE}"),
    _break(
        "I6", "a number is missing", f"UPDATE ledger_posting SET account_seq = account_seq + 100 WHERE id = {A_LINE}"
    ),
    _break(
        "I6", "a figure was changed", f"UPDATE ledger_posting SET balance_after = balance_after + 1 WHERE id = {A_LINE}"
    ),
    _break(
        "I6",
        "decided before it was asked for",
        "UPDATE ledger_event SET effective_at = effective_at - interval '1 hour',"
        f" recorded_at = recorded_at - interval '1 hour' WHERE id = {ITS_EVENT}",
    ),
    _break("I7", "a guard is gone", "ALTER TABLE ledger_event DISABLE TRIGGER append_only"),
    _break("I7", "a constraint is gone", "ALTER TABLE ledger_command DROP CONSTRAINT command_once"),
    _break("I7", "the service may change postings", f"GRANT UPDATE ON ledger_posting TO {APP_ROLE}"),
    _break(
        "I7",
        "an event was edited",
        f"UPDATE ledger_event SET correlation_id = 'edited' WHERE id = {ITS_EVENT}",
        is_change=True,
    ),
    _break("I7", "an event was deleted", f"DELETE FROM ledger_event WHERE id = {ITS_EVENT}", is_change=True),
    _break(
        "I8",
        "more was captured than the steps tell",
        "ALTER TABLE ledger_reservation DROP CONSTRAINT reservation_adds_up",
        f"UPDATE ledger_reservation SET captured_amount = captured_amount + 1 WHERE id = {A_HOLD}",
    ),
    _break(
        "I8",
        "a hold has ended in another way",
        f"UPDATE ledger_reservation SET status = 'EXPIRED' WHERE id = {A_HOLD}",
    ),
    _break(
        "I8",
        "captured after its deadline",
        """UPDATE ledger_event SET data = jsonb_set(data, '{hold,expires_at}', '"2020-01-01T00:00:00+00:00"')"""
        " WHERE type = 'ReservationCreated'",
    ),
    _break("I8", "more was refunded", f"UPDATE ledger_transaction SET refunded_amount = 1 WHERE id = {A_PAYMENT}"),
    _break(
        "I9",
        "less was spent than was paid",
        f"UPDATE ledger_posting SET amount = amount - 0.5 WHERE account_id IN ({A_BUDGET.format('SPENT')})"
        " AND amount > 1",
        f"UPDATE ledger_posting SET amount = amount + 0.5 WHERE account_id IN ({A_BUDGET.format('AVAILABLE')})"
        " AND amount < -1",
    ),
    _break(
        "I9",
        "more was spent than is allowed",
        f"UPDATE ledger_account SET min_balance = 1 WHERE id IN ({A_BUDGET.format('AVAILABLE')})",
    ),
    _break(
        "I10",
        "a key was claimed twice",
        "ALTER TABLE ledger_command DROP CONSTRAINT command_once",
        "INSERT INTO ledger_command SELECT (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid()))).*"
        f" FROM ledger_command AS c WHERE id = {ITS_COMMAND}",
    ),
    _break("I11", "an answer was edited", f"UPDATE ledger_command SET reply_body = '{{}}' WHERE id = {ITS_COMMAND}"),
    _break(
        "I12",
        "a refused wish moved money",
        "UPDATE ledger_command SET outcome = 'REFUSED', refusal_code = 'funds.insufficient', reply_status = 422"
        f" WHERE id = {ITS_COMMAND}",
    ),
    _break("I13", "an answered wish is gone", f"DELETE FROM ledger_command WHERE id = {ITS_COMMAND}"),
    _break(
        "I14",
        "begun and never decided",
        "ALTER TABLE ledger_command DROP CONSTRAINT command_refusal_has_code",
        f"UPDATE ledger_command SET outcome = NULL WHERE id = {ITS_COMMAND}",
    ),
    _break("I14", "an event without its document", f"DELETE FROM ledger_transaction WHERE id = {A_PAYMENT}"),
    _break("I14", "a document without its event", f"DELETE FROM ledger_event WHERE id = {ITS_EVENT}"),
    _break(
        "I15",
        "nobody asked for it",
        f"UPDATE ledger_command SET key = 'invented' WHERE id = {ITS_COMMAND}",
    ),
    _break("I17", "nobody was told", f"DELETE FROM ledger_outboxmessage WHERE event_id = {ITS_EVENT}"),
    _break(
        "I17",
        "nobody is on record",
        "DELETE FROM compliance_auditrecord WHERE event_type = 'wallet.status_changed'",
    ),
    _break(
        "I17",
        "a wallet and its account disagree",
        "UPDATE wallets_wallet SET status = 'SUSPENDED' WHERE id = (SELECT owner_id FROM ledger_account"
        f" WHERE id = {A_WALLET})",
    ),
    _break(
        "I18",
        "a gap in the numbers",
        f"UPDATE ledger_outboxmessage SET sequence = sequence + 1 WHERE aggregate_id = {A_SUBJECT}",
    ),
    _break(
        "I18",
        "places in another order",
        f"UPDATE ledger_outboxmessage SET position = 100000 - position WHERE aggregate_id = {A_SUBJECT}",
    ),
    _break(
        "I19",
        "an event was taken in twice",
        "ALTER TABLE ledger_inboxevent DROP CONSTRAINT inbox_once",
        "INSERT INTO ledger_inboxevent SELECT (jsonb_populate_record(e, jsonb_build_object('id', gen_random_uuid()))).*"
        " FROM ledger_inboxevent AS e",
    ),
    _break(
        "I19",
        "a booking was paid twice",
        "UPDATE ledger_transaction SET type = 'PAYMENT', reference_type = 'booking', reference_id ="
        " (SELECT reference_id FROM ledger_transaction WHERE reference_type = 'booking' LIMIT 1)"
        f" WHERE id = {A_PAYMENT}",
    ),
    _break("I20", "a version was lost", f"UPDATE ledger_account SET version = version + 1 WHERE id = {A_WALLET}"),
    _break("I20", "a status that nobody gave", f"UPDATE ledger_account SET status = 'FROZEN' WHERE id = {A_WALLET}"),
    _break(
        "I25",
        "a message waits for ever",
        "UPDATE ledger_outboxmessage SET status = 'PENDING', published_at = NULL WHERE event_id = " + ITS_EVENT,
    ),
)
