"""Somebody with every right on the database makes a payment smaller afterwards. His colleague's receipt still stands,
and the auditor learns which row it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from ledger.core.merkle import consistency_holds
from ledger.core.receipts import verify_receipt
from ledger.models import Event, Posting
from ledger.selectors.seal_keys import Verifier, public_keys
from ledger.services.invariants import check_invariants
from ledger.services.seal_verification import verify_seals
from tests.compliance.clients import api_as
from tests.ledger.connecting import tampering
from tests.ledger.sealing import last_seal, seal_everything
from tests.scenarios.books import Books
from tests.wallets.scene import send, transfer_body

MAKE_IT_SMALLER = """
    UPDATE ledger_posting SET amount = amount / 2, balance_after = balance_after - amount / 2
        WHERE event_id = %(event)s;
    UPDATE ledger_account AS a SET balance = a.balance - p.amount
        FROM ledger_posting AS p WHERE p.event_id = %(event)s AND p.account_id = a.id;
    UPDATE ledger_event SET data = jsonb_set(data, '{amount}', '"20.05"') WHERE id = %(event)s;
    UPDATE ledger_transaction SET amount = 20.05, total_amount = 20.05 WHERE id = %(document)s;
"""


def read(caller: Any, path: str) -> dict[str, Any]:
    answer = api_as(caller).get(path)
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body


def test_a_payment_that_somebody_rewrote(committed_db: None) -> None:
    books = Books()
    alice, charlie, audrey = books.cast.alice, books.cast.charlie, books.cast.audrey
    books.top_up(alice, "100.00", on="1 March")
    paid = transfer_body(books.wallet(alice), books.wallet(charlie), "40.10")
    txn_id = UUID(send(api_as(alice), "/v1/transfers", paid).json()["txn_id"])
    event = Event.objects.get(stream_id=txn_id)

    # A minute later all of it is sealed. Charlie keeps his receipt, the auditor the head of the tree.
    seal_everything()
    receipt = read(charlie, f"/v1/transactions/{txn_id}/receipt")
    kept = read(audrey, f"/v1/seals/{last_seal().id}")
    assert verify_seals().finding is None

    with tampering() as cursor:
        cursor.execute(MAKE_IT_SMALLER, {"event": event.id, "document": txn_id})
        # The forger has thought of everything that the ledger checks of itself …
        assert [finding for finding in check_invariants() if finding.broken] == []
        assert (books.balance(alice), books.balance(charlie)) == ("79.95", "20.05")
        # … and is found all the same, to the row.
        assert str(verify_seals().finding) == f"ledger_event {event.id}: changed"
        # What charlie holds needs no database: he was paid 40.10.
        proven = verify_receipt(receipt, Verifier(public_keys()))
        assert [row["amount"] for row in proven if "amount" in row] == ["40.100000000000000000"]

    # Months later the tree has grown; the auditor sees that it grew out of the one she knows.
    books.pay(charlie, alice, "0.10", "Change", on="9 March")
    seal_everything()
    shown = read(audrey, f"/v1/seals/{last_seal().id}/consistency?from={kept['seal_id']}")
    proof = [bytes.fromhex(step) for step in shown["proof"]]
    first, second = (bytes.fromhex(head["root"]) for head in (kept, shown["to"]))
    assert consistency_holds(kept["tree_size"], shown["to"]["tree_size"], proof, first, second)
    assert Posting.objects.of_event(event.id).count() == 2
