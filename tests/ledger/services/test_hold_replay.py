"""Holds follow from the events of their documents; where a row does not, it is named."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

import pytest

from ledger.models import Reservation
from ledger.services.replay import replay
from tests.ledger.connecting import tampering
from tests.ledger.services.conftest import HoldStory
from tests.ledger.services.test_hold_invariants import names


class Break(NamedTuple):
    """An act of a superuser, and what the replay must then say of which row."""

    what: str
    sql: str
    hold: str
    differs_in: str
    stored: str | None = None
    replayed: str | None = None


BREAKS = [
    Break(
        "an amount was raised",
        "UPDATE ledger_reservation SET amount = 31 WHERE id = '{open}'",
        "open", "amount", "31", "30",
    ),
    Break(
        "more was captured",
        "UPDATE ledger_reservation SET captured_amount = 61, released_amount = 39 WHERE id = '{paid}'",
        "paid", "captured", "61", "60",
    ),
    Break(
        "less was released",
        "UPDATE ledger_reservation SET amount = 99, released_amount = 39 WHERE id = '{paid}'",
        "paid", "amount", "99", "100",
    ),
    Break(
        "a status was changed",
        "UPDATE ledger_reservation SET status = 'EXPIRED' WHERE id = '{released}'",
        "released", "status", "EXPIRED", "RELEASED",
    ),
    Break(
        "a deadline was moved",
        "UPDATE ledger_reservation SET expires_at = expires_at + interval '1 microsecond' WHERE id = '{open}'",
        "open", "expires_at",
    ),
    Break(
        "a receiver was changed",
        "UPDATE ledger_reservation SET destination_wallet_id = wallet_id WHERE id = '{open}'",
        "open", "destination_wallet_id",
    ),
    Break(
        "a wallet was changed",
        "UPDATE ledger_reservation SET wallet_id = destination_wallet_id WHERE id = '{open}'",
        "open", "wallet_id",
    ),
    Break(
        "an account was changed",
        """UPDATE ledger_reservation SET parts = jsonb_set(parts, '{{0,source}}', to_jsonb(id)) WHERE id = '{open}'""",
        "open", "parts",
    ),
    Break(
        "a purpose was written",
        "UPDATE ledger_reservation SET purpose = 'other' WHERE id = '{open}'",
        "open", "purpose", "other", "",
    ),
    Break(
        "it was given to another document",
        "UPDATE ledger_reservation SET transaction_id = '{refunded}' WHERE id = '{open}'",
        "open", "transaction_id",
    ),
    Break(
        "its document is at a provider",
        "UPDATE ledger_transaction SET state = 'SENT_TO_PROVIDER' WHERE id = '{open_document}'",
        "open", "stage", "SENT_TO_PROVIDER", "BALANCE_RESERVED",
    ),
    Break("a row is missing", "DELETE FROM ledger_reservation WHERE id = '{open}'", "open", "reservation", "missing"),
    Break(
        "a row was never made",
        "CREATE TEMP TABLE copy ON COMMIT DROP AS SELECT * FROM ledger_reservation WHERE id = '{open}';"
        "UPDATE copy SET id = '{new}', transaction_id = '{refunded}';"
        "INSERT INTO ledger_reservation SELECT * FROM copy",
        "new", "reservation", "stored", "never made",
    ),
    Break(
        "a step that posts nothing was forged",
        "UPDATE ledger_event SET data = jsonb_set(data, '{{expires_at}}', '\"2099-01-01T00:00:00+00:00\"')"
        " WHERE id = '{part_event}'",
        "paid", "expires_at",
    ),
]  # fmt: skip

NEW = UUID(int=0xFEED)


@pytest.mark.parametrize("case", BREAKS, ids=lambda case: case.what)
def test_a_hold_that_does_not_follow_from_its_history_is_named(hold_story: HoldStory, case: Break) -> None:
    named = {**names(hold_story), "new": NEW}
    with tampering() as cursor:
        cursor.execute(case.sql.format(**named))
        difference = replay().difference
    assert difference is not None
    assert (difference.kind, difference.id, difference.what) == ("reservation", named[case.hold], case.differs_in)
    if case.stored is not None:
        assert difference.stored == case.stored
    if case.replayed is not None:
        assert difference.replayed == case.replayed


def test_a_history_that_has_lost_its_beginning_is_named(hold_story: HoldStory) -> None:
    """The first event is gone, with the lines that would also tell; the steps after it cannot be folded."""
    event = hold_story.paid.event_id
    with tampering() as cursor:
        cursor.execute("UPDATE ledger_event SET type = 'TransactionCompleted' WHERE id = %s", [event])
        difference = replay().difference
    assert difference is not None
    assert (difference.kind, difference.id, difference.replayed, difference.event_id) == (
        "reservation", hold_story.paid.hold_id, "never made", hold_story.part.event_id,
    )  # fmt: skip


def test_all_holds_are_replayed_and_compared(hold_story: HoldStory) -> None:
    report = replay()
    assert (report.holds, report.difference) == (Reservation.objects.count(), None)
    assert report.holds >= 3
