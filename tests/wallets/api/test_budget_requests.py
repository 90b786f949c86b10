"""`/budget-requests`: asking for more than a budget allows, and what becomes of the spend that was refused."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from budgets.models import Budget, BudgetRequest
from budgets.services.requests import close_overdue
from compliance.models import AuditRecord
from ledger.models import OutboxMessage
from ledger.selectors.assets import get_asset
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.api.test_query_counts import statements
from tests.wallets.asking import approve, ask, refused_txn, row, say
from tests.wallets.budgets import pay, set_budget
from tests.wallets.holds import hold_body
from tests.wallets.scene import Scene, available, book, nothing_moved, nothing_recorded, problem_of, send, transfer_body
from wallets.services.retrying import retry_spends


@pytest.fixture
def weekly(scene: Scene) -> dict[str, Any]:
    """alice has 1,000.00 and may spend 200.00 a week; 140.00 are spent, and 90.00 were refused (`b-2`)."""
    book(scene.alices, "900", key="plenty")
    budget = set_budget(scene.cast.bob, scene.alices, "200", period_type="WEEKLY")
    assert pay(scene, "140", reference="b-1").status_code == 201
    return budget


@pytest.fixture
def refused(scene: Scene, weekly: dict[str, Any]) -> str:
    return refused_txn(pay(scene, "90", reference="b-2"))


def remaining(scene: Scene, budget: dict[str, Any]) -> str:
    body = api_as(scene.cast.frida).get(f"/v1/budgets/{budget['budget_id']}").json()
    return str(body["remaining_amount"])


def told(budget: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [m.data for m in OutboxMessage.objects.filter(aggregate_id=budget["budget_id"], type=type).order_by("id")]


def test_a_refused_spend_asks_for_what_it_lacked(scene: Scene, weekly: dict[str, Any], refused: str) -> None:
    alice = scene.cast.alice
    request = ask(alice, "ONCE", txn_id=refused)
    expected = {
        "budget_id": weekly["budget_id"],
        "kind": "ONCE",
        "amount": "30.00",
        "currency": "EUR",
        "status": "PENDING",
        "requested_by": str(alice.id),
        "txn_id": refused,
        "retry": "PARKED",
        "retry_txn_id": None,
        "decided_by": None,
        "version": 1,
    }
    assert expected.items() <= request.items()
    stored = row(request)
    assert stored.expires_at - stored.created_at == timedelta(hours=72)
    (message,) = told(weekly, "BudgetRequestOpened")
    assert (message["amount"], message["status"], message["user_id"]) == ("30", "PENDING", str(alice.id))
    record = AuditRecord.objects.get(event_type="budget_request.opened")
    assert (record.actor_id, str(record.entity_id)) == (alice.id, weekly["budget_id"])
    for who in (alice, scene.cast.bob, scene.cast.frida, scene.cast.audrey):
        assert api_as(who).get(f"/v1/budget-requests/{request['request_id']}").json() == request
        assert api_as(who).get("/v1/budget-requests?status=PENDING").json()["data"] == [request]
    problem_of(api_as(scene.cast.charlie).get(f"/v1/budget-requests/{request['request_id']}"), 404, "not_found")
    assert api_as(scene.cast.charlie).get("/v1/budget-requests").json()["data"] == []


def test_once_gives_room_for_that_spend_and_it_is_let_through(
    scene: Scene, weekly: dict[str, Any], refused: str
) -> None:
    request = approve(scene.cast.bob, ask(scene.cast.alice, "ONCE", txn_id=refused))
    assert (request["status"], request["retry"], request["decided_by"]) == (
        "APPROVED",
        "ACCEPTED",
        str(scene.cast.bob.id),
    )
    assert (remaining(scene, weekly), available(scene.alices)) == ("0.00", Decimal("770"))
    retried = api_as(scene.cast.alice).get(f"/v1/transactions/{request['retry_txn_id']}").json()
    assert (retried["status"], retried["amount"], retried["reference_id"]) == ("COMPLETED", "90.00", "b-2")
    (message,) = told(weekly, "BudgetRequestDecided")
    assert (message["status"], message["kind"]) == ("APPROVED", "ONCE")
    with nothing_recorded():
        assert retry_spends() == 0


def test_for_good_raises_the_budget(scene: Scene, weekly: dict[str, Any], refused: str) -> None:
    approve(scene.cast.bob, ask(scene.cast.alice, "PERMANENT", txn_id=refused, amount="50.00"))
    budget = Budget.objects.get(id=weekly["budget_id"])
    assert (budget.amount, remaining(scene, weekly)) == (250, "20.00")


def test_without_a_spend(scene: Scene, weekly: dict[str, Any]) -> None:
    request = ask(scene.cast.alice, "THIS_PERIOD", budget_id=weekly["budget_id"], amount="10.00")
    assert (request["retry"], request["txn_id"]) == ("NONE", None)
    assert approve(scene.cast.frida, request)["retry"] == "NONE"
    assert remaining(scene, weekly) == "70.00"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "THIS_PERIOD"}, "/budget_id"),
        ({"kind": "ONCE", "budget_id": True, "amount": "1"}, "/txn_id"),
        ({"kind": "THIS_PERIOD", "budget_id": True}, "/amount"),
        ({"kind": "ALWAYS", "budget_id": True, "amount": "1"}, "/kind"),
        ({"kind": "THIS_PERIOD", "budget_id": True, "amount": "0"}, "/amount"),
        ({"kind": "THIS_PERIOD", "budget_id": True, "amount": "1.0000000001"}, None),
        ({"kind": "THIS_PERIOD", "budget_id": True, "amount": "1000000000000000"}, "/amount"),
    ],
    ids=["nothing", "once without a spend", "no amount", "no such kind", "zero", "too fine", "too much"],
)
def test_what_makes_no_sense_is_refused(
    scene: Scene, weekly: dict[str, Any], body: dict[str, Any], pointer: str | None
) -> None:
    if body.get("budget_id"):
        body = {**body, "budget_id": weekly["budget_id"]}
    with nothing_recorded():
        answer = api_as(scene.cast.alice).post("/v1/budget-requests", {"reason": "Why not.", **body})
        assert answer.status_code == 400
    if pointer is not None:
        assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


def test_a_spend_that_no_budget_has_refused_is_nothing_to_ask_about(scene: Scene, weekly: dict[str, Any]) -> None:
    poor = pay(scene, "5000", reference="b-9")
    paid = pay(scene, "1", reference="b-8").json()["txn_id"]
    assert poor.status_code == 422
    other = set_budget(scene.cast.bob, scene.alices, "600")
    refused = refused_txn(pay(scene, "100", reference="b-7"))
    for body in ({"txn_id": paid}, {"txn_id": refused, "budget_id": other["budget_id"]}):
        answer = api_as(scene.cast.alice).post("/v1/budget-requests", {"kind": "ONCE", "reason": "Why not.", **body})
        problem_of(answer, 400, "request.validation")
    for who in (scene.cast.charlie, scene.cast.conny):
        answer = api_as(who).post("/v1/budget-requests", {"kind": "ONCE", "reason": "Mine.", "txn_id": refused})
        assert answer.status_code == (404 if who == scene.cast.charlie else 403)


def test_where_several_refuse_one_is_named(scene: Scene, weekly: dict[str, Any]) -> None:
    monthly = set_budget(scene.cast.bob, scene.alices, "100")
    refused = refused_txn(pay(scene, "110", reference="b-2"))
    body = {"kind": "ONCE", "reason": "Please.", "txn_id": refused}
    answer = api_as(scene.cast.alice).post("/v1/budget-requests", body)
    assert problem_of(answer, 400, "request.validation")["errors"][0]["pointer"] == "/budget_id"
    assert ask(scene.cast.alice, "ONCE", txn_id=refused, budget_id=monthly["budget_id"])["amount"] == "10.00"
    assert ask(scene.cast.alice, "ONCE", txn_id=refused, budget_id=weekly["budget_id"])["amount"] == "50.00"


def test_one_request_waits_per_budget_and_spend(scene: Scene, refused: str) -> None:
    request = ask(scene.cast.alice, "ONCE", txn_id=refused)
    body = {"kind": "THIS_PERIOD", "reason": "Again.", "txn_id": refused}
    with nothing_recorded():
        again = problem_of(api_as(scene.cast.alice).post("/v1/budget-requests", body), 409, "budget.request_pending")
    assert again["existing_id"] == request["request_id"]
    assert say(scene.cast.alice, "withdraw", request).status_code == 200
    assert ask(scene.cast.alice, "ONCE", txn_id=refused)["retry"] == "PARKED"


def test_the_same_key_asks_once(scene: Scene, weekly: dict[str, Any]) -> None:
    body = {"kind": "PERMANENT", "reason": "Please.", "budget_id": weekly["budget_id"], "amount": "5"}
    first, second = (send(api_as(scene.cast.alice), "/v1/budget-requests", body, key="ask-1") for _ in range(2))
    assert (first.status_code, first.content, first.headers["ETag"]) == (201, second.content, '"v1"')
    assert BudgetRequest.objects.count() == 1


def test_nobody_answers_his_own_request(scene: Scene, weekly: dict[str, Any], refused: str) -> None:
    bob, frida = scene.cast.bob, scene.cast.frida
    for asker in (bob, frida):
        request = ask(asker, "THIS_PERIOD", budget_id=weekly["budget_id"], amount="1")
        for word in ("approve", "reject"):
            problem_of(say(asker, word, request), 403, "approval.self")
    own = ask(scene.cast.alice, "ONCE", txn_id=refused)
    for word in ("approve", "reject"):
        problem_of(say(scene.cast.alice, word, own), 403, "auth.forbidden")
    problem_of(say(bob, "withdraw", own), 403, "auth.forbidden")


def test_managers_answer_for_their_own_team(scene: Scene, refused: str) -> None:
    request = ask(scene.cast.alice, "ONCE", txn_id=refused)
    other = UserFactory(company=scene.cast.company, team=scene.cast.charlie.team, role="MANAGER")
    with nothing_recorded():
        problem_of(say(other, "approve", request), 404, "not_found")


def test_rejected_and_withdrawn_spends_stay_refused(scene: Scene, weekly: dict[str, Any], refused: str) -> None:
    request = ask(scene.cast.alice, "ONCE", txn_id=refused)
    with nothing_moved():
        rejected = say(scene.cast.bob, "reject", request).json()
    assert (rejected["status"], rejected["retry"], rejected["decision_reason"]) == ("REJECTED", "NONE", "So be it.")
    withdrawn = say(scene.cast.alice, "withdraw", ask(scene.cast.alice, "ONCE", txn_id=refused)).json()
    assert (withdrawn["status"], withdrawn["retry"], withdrawn["decided_by"]) == ("WITHDRAWN", "NONE", None)
    assert [message["status"] for message in told(weekly, "BudgetRequestDecided")] == ["REJECTED", "WITHDRAWN"]
    for word, who in (("approve", scene.cast.bob), ("reject", scene.cast.bob), ("withdraw", scene.cast.alice)):
        with nothing_recorded():
            problem = problem_of(say(who, word, withdrawn), 409, "budget.request_closed")
            assert problem["request_status"] == "WITHDRAWN"
    assert remaining(scene, weekly) == "60.00"


def test_if_match_is_honoured(scene: Scene, refused: str) -> None:
    request = ask(scene.cast.alice, "ONCE", txn_id=refused)
    for word, who in (("approve", scene.cast.bob), ("reject", scene.cast.bob), ("withdraw", scene.cast.alice)):
        with nothing_recorded():
            problem_of(say(who, word, request, **{"If-Match": '"v7"'}), 412, "precondition.failed")
    answer = say(scene.cast.bob, "approve", request, **{"If-Match": '"v1"'})
    assert (answer.status_code, answer.headers["ETag"]) == (200, f'"v{answer.json()["version"]}"')


def test_after_three_days_it_is_over(scene: Scene, weekly: dict[str, Any], refused: str) -> None:
    request = ask(scene.cast.alice, "ONCE", txn_id=refused)
    BudgetRequest.objects.filter(id=request["request_id"]).update(expires_at=database_now())
    problem_of(say(scene.cast.bob, "approve", request), 409, "budget.request_closed")
    assert close_overdue() == 1
    stored = row(request)
    assert (stored.state, stored.retry, stored.decided_by) == ("EXPIRED", "NONE", None)
    assert [message["status"] for message in told(weekly, "BudgetRequestDecided")] == ["EXPIRED"]
    assert close_overdue() == 0


def test_a_transfer_and_a_hold_are_tried_again_as_what_they_were(scene: Scene, weekly: dict[str, Any]) -> None:
    alice = api_as(scene.cast.alice)
    body = transfer_body(scene.alices, scene.bobs, "70.00", description="Lunch", reference_id="lunch-1")
    sent = refused_txn(send(alice, "/v1/transfers", body, key="t-1"))
    body = hold_body(scene.alices, "80.00", expires_in=600, purpose="Deposit")
    held = refused_txn(send(alice, "/v1/reservations", body, key="h-1"))
    for txn_id in (sent, held):
        ask(scene.cast.alice, "ONCE", txn_id=txn_id)
    approve(scene.cast.bob, ask(scene.cast.alice, budget_id=weekly["budget_id"], amount="90.00"))
    retried = [
        alice.get(f"/v1/transactions/{request.retry_txn_id}").json()
        for request in BudgetRequest.objects.filter(txn_id__in=[sent, held]).order_by("created_at")
    ]
    assert [(one["type"], one["state"], one["amount"]) for one in retried] == [
        ("TRANSFER", "COMPLETED", "70.00"),
        ("PAYMENT", "BALANCE_RESERVED", "80.00"),
    ]
    assert (retried[0]["description"], retried[0]["reference_id"]) == ("Lunch", "lunch-1")
    (hold,) = alice.get("/v1/reservations").json()["data"]
    assert (hold["amount"], hold["purpose"], hold["status"]) == ("80.00", "Deposit", "ACTIVE")
    assert (available(scene.bobs), remaining(scene, weekly)) == (70, "0.00")
    assert close_overdue() == 2, "what asked for room for one spend is settled with it"
    states = BudgetRequest.objects.filter(txn_id__in=[sent, held]).values_list("state", "retry")
    assert list(states) == [("WITHDRAWN", "ACCEPTED")] * 2


def test_more_requests_cost_no_more_statements(scene: Scene, weekly: dict[str, Any]) -> None:
    get_asset("EUR")
    first = ask(scene.cast.alice, budget_id=weekly["budget_id"], amount="1")
    client = api_as(scene.cast.bob)
    paths = {"/v1/budget-requests?limit=200": 2, f"/v1/budget-requests/{first['request_id']}": 2}
    few = {path: statements(partial(client.get, path)) for path in paths}
    for _ in range(10):
        ask(scene.cast.alice, budget_id=weekly["budget_id"], amount="1")
    assert few == paths == {path: statements(partial(client.get, path)) for path in paths}

    def approving() -> int:
        request = ask(scene.cast.alice, budget_id=weekly["budget_id"], amount="1")
        path, body = f"/v1/budget-requests/{request['request_id']}/approve", {"reason": "Yes."}
        return statements(partial(client.post, path, body))

    assert approving() == approving()
