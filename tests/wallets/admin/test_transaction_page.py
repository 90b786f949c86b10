"""The page of a transaction: why it was decided so, its receipt, what belongs to it, and the calls of the interface."""

from __future__ import annotations

import json
import re
import shlex
from html import unescape
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger.models import Reservation, Transaction
from tests.compliance.clients import api_as
from tests.ledger.sealing import seal_everything
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.budgets import pay, set_budget
from tests.wallets.holds import reserve
from tests.wallets.scene import Scene, make_scene, send, transfer_body

LIST = "/admin/ledger/transaction/"


def path_of(id: Any, name: str = "change") -> str:
    return f"{LIST}{id}/{name}/"


def calls(text: str) -> list[list[str]]:
    """The calls on a page, as a shell would take them apart."""
    return [
        shlex.split(unescape(call).replace("\\\n", " "))
        for call in re.findall(r'<pre id="call-\d+"[^>]*>(.*?)</pre>', text, re.DOTALL)
    ]


def test_a_refusal_is_said_in_a_sentence_and_by_its_gates(scene: Scene) -> None:
    budget = set_budget(scene.cast.frida, scene.alices, "60", period_type="WEEKLY")
    assert pay(scene, "90").status_code == 422
    refused = Transaction.objects.get(state="FAILED", source_wallet_id=scene.alices.id)
    text = page(at_desk(scene.cast.bob), path_of(refused.id))
    assert "Refused: Weekly budget has 60.00 EUR left, this needs 90.00. Resets Monday" in text
    assert f"/admin/budgets/budget/{budget['budget_id']}/change/" in text
    for words in ("budget.exceeded", "Does the budget allow it?", "NOT MET", "30.00 EUR", "Transaction failed"):
        assert words in text


def test_states_and_entries_that_add_up(scene: Scene) -> None:
    body = transfer_body(scene.alices, scene.charlies)
    id = UUID(send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"])
    text = page(at_desk(scene.cast.frida), path_of(id))
    assert "They add up to zero." in text
    assert "It went through." in text
    assert "COMPLETED" in text.partition('id="history"')[2]


def test_what_belongs_to_it(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    body = transfer_body(scene.alices, scene.charlies)
    paid = send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"]
    send(api_as(scene.cast.frida), f"/v1/transactions/{paid}/refunds", {"amount": "2.00", "reason": "Cold."}, key="r")
    refund = Transaction.objects.get(original_transaction_id=paid)
    for shown, what, other in ((paid, "Refund", refund.id), (refund.id, "Undoes", paid)):
        related = page(client, path_of(shown)).partition('id="related-documents"')[2]
        assert f"<td>{what}</td>" in related
        assert path_of(other) in related


def test_a_receiver_does_not_learn_what_was_set_aside(scene: Scene) -> None:
    send(api_as(scene.cast.frida), "/v1/transfers", transfer_body(scene.alices, scene.charlies, "50"), key="fund")
    held = reserve(scene.cast.charlie, scene.charlies, "37.31", destination_wallet_id=str(scene.alices.id))
    hold = Reservation.objects.get(id=held["reservation_id"])
    related = page(at_desk(scene.cast.bob), path_of(hold.transaction_id)).partition('id="related-documents"')[2]
    assert "37.31" not in related.partition("<section")[0]
    assert "37.31" in page(at_desk(scene.cast.frida), path_of(hold.transaction_id))


def test_the_calls_are_those_of_the_interface(scene: Scene) -> None:
    """What is copied does what the page says, when it is sent as somebody who may."""
    words = {"description": "Lunch & 'more' <b>"}
    body = transfer_body(scene.alices, scene.charlies, **words)
    paid = send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"]
    shown, why, like = calls(page(at_desk(scene.cast.frida), path_of(paid)))
    assert shown[-1] == f"http://testserver/v1/transactions/{paid}"
    assert why[-1] == f"http://testserver/v1/transactions/{paid}/decision"
    for call in (shown, why, like):
        assert "Authorization: Bearer $TOKEN" in call
    sent = json.loads(like[like.index("--json") + 1])
    assert sent == body
    again = send(api_as(scene.cast.alice), like[-1].removeprefix("http://testserver"), sent, key="like")
    assert again.status_code == 201


def test_the_like_of_bookings_holds_and_refunds(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    assert pay(scene, "10", category="travel").status_code == 201
    booked = Transaction.objects.get(reference_id="b-1")
    held = reserve(scene.cast.alice, scene.alices, "5", purpose="Deposit")
    hold = Reservation.objects.get(id=held["reservation_id"])
    paid = send(api_as(scene.cast.alice), "/v1/transfers", transfer_body(scene.alices, scene.bobs)).json()["txn_id"]
    send(api_as(scene.cast.frida), f"/v1/transactions/{paid}/reversals", {"reason": "Twice."}, key="r")
    reversal = Transaction.objects.get(original_transaction_id=paid)
    *_, debit = calls(page(client, path_of(booked.id)))
    *_, reservation = calls(page(client, path_of(hold.transaction_id)))
    *_, undoing = calls(page(client, path_of(reversal.id)))
    assert debit[-1].endswith(f"/v1/wallets/{scene.alices.id}/transactions")
    assert '"reference_id": "b-1"' in debit[-2]
    assert reservation[-1].endswith("/v1/reservations")
    assert '"amount": "5.00"' in reservation[-2]
    assert undoing[-1].endswith(f"/v1/transactions/{paid}/reversals")
    opening = Transaction.objects.get(destination_wallet_id=scene.alices.id, type="DEPOSIT")
    assert len(calls(page(client, path_of(opening.id)))) == 2


def test_filters(scene: Scene) -> None:
    assert pay(scene, "10", reference="b-1", category="travel").status_code == 201
    assert pay(scene, "20", reference="b-2", category="meals").status_code == 201

    def found(query: str) -> set[str]:
        response: Any = at_desk(scene.cast.bob).get(f"{LIST}?type__exact=PAYMENT&{query}")
        return {row.reference_id for row in response.context["cl"].result_list}

    answers = {
        "": {"b-1", "b-2"},
        "reference=b-2": {"b-2"},
        "category=travel": {"b-1"},
        "amount_from=15": {"b-2"},
        "amount_to=15": {"b-1"},
        "day_from=2020-01-01": {"b-1", "b-2"},
        "day_to=2020-01-01": set(),
        "day_from=yesterday": set(),
        "day_from=0001-01-01": set(),
        "state__exact=FAILED": set(),
    }
    assert {query: found(query) for query in answers} == answers


def test_pages_stay_cheap(scene: Scene) -> None:
    set_budget(scene.cast.frida, scene.alices, "60")
    pay(scene, "10")
    client = at_desk(scene.cast.frida)
    with CaptureQueriesContext(connection) as queries:
        page(client, path_of(Transaction.objects.get(reference_id="b-1").id))
    assert len(queries) <= 25


@pytest.fixture
def sealed(committed_db: None) -> tuple[Scene, UUID]:
    scene = make_scene()
    body = transfer_body(scene.alices, scene.charlies)
    id = UUID(send(api_as(scene.cast.alice), "/v1/transfers", body).json()["txn_id"])
    seal_everything()
    return scene, id


def test_the_receipt(sealed: tuple[Scene, UUID]) -> None:
    scene, id = sealed
    client = at_desk(scene.cast.bob)
    assert "Sealed by seal" in page(client, path_of(id))
    response = client.get(path_of(id, "receipt"))
    assert response.headers["Content-Disposition"] == f'attachment; filename="receipt-{id}.json"'
    assert response.json() == api_as(scene.cast.bob).get(f"/v1/transactions/{id}/receipt").json()
    assert at_desk(make_scene().cast.frida).get(path_of(id, "receipt")).status_code == 404


def test_without_a_seal_there_is_no_receipt(scene: Scene) -> None:
    opening = Transaction.objects.get(destination_wallet_id=scene.alices.id)
    client = at_desk(scene.cast.bob)
    assert "Not sealed yet" in page(client, path_of(opening.id))
    assert client.get(path_of(opening.id, "receipt"))["Location"] == path_of(opening.id)
    assert told(client) == ["It is not sealed yet: that takes about a minute. Try again then."]
