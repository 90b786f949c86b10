"""`/budgets`: setting, finding and changing them (R70–R72)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from budgets.models import Budget, BudgetRevision
from compliance.models import AuditRecord
from ledger.models import OutboxMessage
from ledger.selectors.clock import database_now
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.budgets import EVERY_FIELD, budget_body, pay, set_budget
from tests.wallets.scene import Scene, give_wallet, nothing_recorded, problem_of


def test_a_budget_is_set_with_the_defaults_of_the_seeds(scene: Scene) -> None:
    today = database_now().date()
    response = api_as(scene.cast.bob).post("/budgets", {"wallet_id": str(scene.alices.id), "total_amount": "600"})
    body = response.json()
    assert (response.status_code, response.headers["ETag"]) == (201, f'"v{body["version"]}"')
    assert body.keys() == EVERY_FIELD
    assert {name: value for name, value in body.items() if name not in {"created_at", "updated_at"}} == {
        "budget_id": body["budget_id"],
        "scope": "WALLET",
        "wallet_id": str(scene.alices.id),
        "user_id": str(scene.cast.alice.id),
        "team_id": None,
        "parent_id": None,
        "children_mode": "CAP",
        "name": "Monthly budget",
        "total_amount": "600.00",
        "base_amount": "600.00",
        "carry_in": "0.00",
        "adjustments": "0.00",
        "used_amount": "0.00",
        "reserved_amount": "0.00",
        "remaining_amount": "600.00",
        "used_percent": 0,
        "elapsed_percent": body["elapsed_percent"],
        "currency": "EUR",
        "period_type": "MONTHLY",
        "start_date": body["start_date"],
        "end_date": None,
        "period": body["period"],
        "status": "ACTIVE",
        "enforcement": "BLOCK",
        "buffer_amount": "0.00",
        "buffer_percent": 0,
        "thresholds": [80, 100],
        "rollover": "NONE",
        "rollover_cap": None,
        "refunds_to": "ORIGIN",
        "grace_days": 5,
        "categories": [],
        "created_by": str(scene.cast.bob.id),
        "version": body["version"],
    }
    assert today <= date.fromisoformat(body["start_date"]) <= today + timedelta(days=1)
    assert body["period"].keys() == {"key", "starts_at", "ends_at"}
    for path in (f"/budgets/{body['budget_id']}", f"/v1/budgets/{body['budget_id']}"):
        shown = api_as(scene.cast.alice).get(path)
        assert shown.headers["ETag"] == response.headers["ETag"]
        assert shown.json() == {**body, "elapsed_percent": shown.json()["elapsed_percent"]}


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({"period_type": "WEEKLY"}, "Weekly budget"),
        ({"categories": ["travel"]}, "Monthly travel budget"),
        ({"categories": ["travel", "meals"]}, "Monthly budget"),
        ({"period_type": "CUSTOM", "start_date": "2199-01-01", "end_date": "2199-01-31"}, "One-time budget"),
        ({"period_type": "YEARLY", "name": "Alice 2026"}, "Alice 2026"),
    ],
)
def test_a_budget_that_nobody_has_named_has_a_plain_name(scene: Scene, more: dict[str, Any], name: str) -> None:
    assert set_budget(scene.cast.bob, scene.alices, **more)["name"] == name


def test_finance_sets_budgets_of_teams_and_of_the_company(scene: Scene) -> None:
    frida = api_as(scene.cast.frida)
    team_id = str(scene.cast.alice.team_id)
    team = frida.post("/v1/budgets", {"team_id": team_id, "total_amount": "600"}).json()
    whole = frida.post("/v1/budgets", {"total_amount": "6000", "currency": "USD", "children_mode": "ENVELOPE"}).json()
    assert (team["scope"], team["team_id"], team["currency"], team["name"]) == (
        "TEAM",
        team_id,
        "EUR",
        "Monthly team budget",
    )
    assert (whole["scope"], whole["team_id"], whole["user_id"], whole["currency"]) == ("COMPANY", None, None, "USD")
    bob = api_as(scene.cast.bob)
    problem_of(bob.post("/v1/budgets", {"team_id": team_id, "total_amount": "600"}), 403, "auth.forbidden")
    problem_of(bob.post("/v1/budgets", {"total_amount": "600"}), 403, "auth.forbidden")
    assert bob.get(f"/v1/budgets/{team['budget_id']}").status_code == 200
    problem_of(bob.get(f"/v1/budgets/{whole['budget_id']}"), 404, "not_found")
    problem_of(
        bob.put(f"/budgets/{team['budget_id']}", {"total_amount": "1", "reason": "Mine."}), 403, "auth.forbidden"
    )
    problem_of(api_as(scene.cast.alice).get(f"/v1/budgets/{team['budget_id']}"), 404, "not_found")


def test_nobody_sets_or_changes_a_budget_of_his_own_wallet(scene: Scene) -> None:
    give_wallet(scene.cast.frida)
    budget = set_budget(scene.cast.frida, scene.bobs)
    with nothing_recorded():
        for name in ("bob", "frida"):
            caller = getattr(scene.cast, name)
            own = {"wallet_id": str(caller.wallets.get().id), "total_amount": "600"}
            problem_of(api_as(caller).post("/v1/budgets", {**own, "period_type": "YEARLY"}), 403, "auth.forbidden")
        path, body = f"/budgets/{budget['budget_id']}", {"total_amount": "9999", "reason": "I need it."}
        problem_of(api_as(scene.cast.bob).put(path, body), 403, "auth.forbidden")


def test_a_second_one_of_the_same_kind_is_refused_with_the_first_ones_id(scene: Scene) -> None:
    first = set_budget(scene.cast.bob, scene.alices)
    client = api_as(scene.cast.bob)
    with nothing_recorded():
        refused = problem_of(client.post("/budgets", budget_body(scene.alices)), 409, "budget.overlap")
    assert refused["existing_id"] == first["budget_id"]
    for other in ({"period_type": "WEEKLY"}, {"categories": ["travel"]}):
        assert client.post("/budgets", budget_body(scene.alices, **other)).status_code == 201


def test_a_key_gets_its_first_answer_again_be_it_yes_or_no(scene: Scene) -> None:
    client, body = api_as(scene.cast.bob), budget_body(scene.alices)
    answers = [client.post(path, body, headers={"Idempotency-Key": "k"}) for path in ("/budgets", "/v1/budgets")]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert answers[0].headers["ETag"] == answers[1].headers["ETag"]
    assert Budget.objects.count() == 1
    other = client.post("/budgets", {**body, "total_amount": "601"}, headers={"Idempotency-Key": "k"})
    problem_of(other, 422, "idempotency.key_reused")
    refused = [client.post("/budgets", body, headers={"Idempotency-Key": "no"}) for _ in range(2)]
    assert [problem_of(answer, 409, "budget.overlap") for answer in refused][1]["existing_id"]
    assert refused[0].content == refused[1].content
    assert refused[1].headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"end_date": "2000-01-01"}, "/end_date"),
        ({"period_type": "CUSTOM"}, "/end_date"),
        ({"period_type": "DAILY"}, "/period_type"),
        ({"period_type": "monthly"}, "/period_type"),
        ({"start_date": "1999-12-31"}, "/start_date"),
        ({"start_date": "31.12.2026"}, "/start_date"),
        ({"start_date": 20261231}, "/start_date"),
        ({"enforcement": "HARD"}, "/enforcement"),
        ({"rollover": True}, "/rollover"),
        ({"rollover_cap": "5"}, "/rollover_cap"),
        ({"buffer_percent": 101}, "/buffer_percent"),
        ({"buffer_percent": "5"}, "/buffer_percent"),
        ({"buffer_percent": 5, "buffer_amount": "5"}, "/buffer_percent"),
        ({"thresholds": [0]}, "/thresholds/0"),
        ({"thresholds": [80, 1001]}, "/thresholds/1"),
        ({"thresholds": [80.5]}, "/thresholds/0"),
        ({"thresholds": [80, 80]}, "/thresholds"),
        ({"thresholds": "80"}, "/thresholds"),
        ({"thresholds": list(range(1, 22))}, "/thresholds"),
        ({"categories": [""]}, "/categories/0"),
        ({"categories": [" travel"]}, "/categories/0"),
        ({"categories": ["travel", "travel"]}, "/categories"),
        ({"categories": [f"c{number}" for number in range(21)]}, "/categories"),
        ({"grace_days": 367}, "/grace_days"),
        ({"grace_days": -1}, "/grace_days"),
        ({"name": ""}, "/name"),
        ({"name": " x"}, "/name"),
        ({"currency": "USD"}, "/currency"),
        ({"parent_id": str(UUID(int=1))}, "/parent_id"),
        ({"team_id": str(UUID(int=1))}, "/team_id"),
        ({"prorate_first": 1}, "/prorate_first"),
        ({"used_amount": "5"}, "/used_amount"),
        ({"user_id": str(UUID(int=1))}, "/user_id"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_named(scene: Scene, wrong: dict[str, Any], pointer: str) -> None:
    with nothing_recorded():
        body = problem_of(
            api_as(scene.cast.frida).post("/v1/budgets", {**budget_body(scene.alices), **wrong}),
            400,
            "request.validation",
        )
    assert pointer in [error["pointer"] for error in body["errors"]], body


def test_by_a_users_id_the_active_budgets_of_the_users_wallets(scene: Scene) -> None:
    alice = scene.cast.alice
    paths = [f"/budgets/{alice.id}", f"/v1/budgets/{alice.id}", f"/v1/users/{alice.id}/budgets"]
    for path in paths:
        assert api_as(alice).get(path).json() == {"user_id": str(alice.id), "budgets": []}
    monthly, weekly = (set_budget(scene.cast.bob, scene.alices, period_type=kind) for kind in ("MONTHLY", "WEEKLY"))
    resting = set_budget(scene.cast.bob, scene.alices, period_type="YEARLY")
    stop = {"status": "SUSPENDED", "reason": "Later."}
    assert api_as(scene.cast.bob).put(f"/budgets/{resting['budget_id']}", stop).json()["status"] == "SUSPENDED"
    set_budget(scene.cast.frida, scene.bobs)
    for path in paths:
        answer = api_as(alice).get(path)
        assert "ETag" not in answer.headers
        assert answer.json().keys() == {"user_id", "budgets"}
        assert [row["budget_id"] for row in answer.json()["budgets"]] == [monthly["budget_id"], weekly["budget_id"]]
        assert all(row.keys() == EVERY_FIELD for row in answer.json()["budgets"])
        for stranger in (scene.cast.charlie, UserFactory(role="FINANCE")):
            problem_of(api_as(stranger).get(path), 404, "not_found")
    problem_of(api_as(alice).get(f"/budgets/{uuid4()}"), 404, "not_found")


def test_lowered_below_its_use_it_takes_nothing_back_and_says_that_it_blocks(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "90")
    assert pay(scene, "70").status_code == 201
    client, path = api_as(scene.cast.bob), f"/v1/budgets/{budget['budget_id']}"
    answer = client.put(path, {"total_amount": "50", "reason": "Less."}, headers={"If-Match": "*"}).json()
    assert answer.keys() == {*EVERY_FIELD, "evaluation"}
    shown = {name: answer[name] for name in ("total_amount", "base_amount", "used_amount", "remaining_amount")}
    assert shown == {
        "total_amount": "50.00",
        "base_amount": "50.00",
        "used_amount": "70.00",
        "remaining_amount": "-20.00",
    }
    assert (answer["used_percent"], answer["evaluation"]) == (140, {"blocked_now": True})
    refused = problem_of(pay(scene, "1", reference="b-2"), 422, "budget.exceeded")
    assert refused["detail"].startswith("Refused: Monthly budget is exceeded by 20.00 EUR already, this needs 1.00. ")
    raised = client.put(path, {"total_amount": "100", "reason": "More."}, headers={"If-Match": "*"}).json()
    assert (raised["remaining_amount"], raised["evaluation"]) == ("30.00", {"blocked_now": False})


def test_a_refusal_names_the_budget_and_when_there_is_more(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, "60", period_type="WEEKLY")
    refused = problem_of(pay(scene, "90"), 422, "budget.exceeded")
    (gate,) = refused["gates"]
    assert gate == {
        "gate": "budget",
        "id": budget["budget_id"],
        "name": "Weekly budget",
        "required": "90.00",
        "available": "60.00",
        "shortfall": "30.00",
        "resets_at": budget["period"]["ends_at"],
    }
    assert refused["detail"].startswith("Refused: Weekly budget has 60.00 EUR left, this needs 90.00. Resets Monday ")


def test_changes_need_the_version_that_was_read_under_v1_only(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices)
    client, body = api_as(scene.cast.bob), {"thresholds": [50], "reason": "Earlier."}
    tag, bare = f'"v{budget["version"]}"', f"/budgets/{budget['budget_id']}"
    with nothing_recorded():
        problem_of(client.put(f"/v1{bare}", body), 428, "precondition.required")
        for path in (bare, f"/v1{bare}"):
            problem_of(client.put(path, body, headers={"If-Match": '"v99"'}), 412, "precondition.failed")
            problem_of(client.put(path, body, headers={"If-Match": "v1"}), 400, "request.validation")
    changed = client.put(bare, body, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["thresholds"]) == (200, [50])
    assert changed.headers["ETag"] == f'"v{changed.json()["version"]}"'
    assert changed.json()["version"] > budget["version"]
    problem_of(client.put(f"/v1{bare}", body, headers={"If-Match": tag}), 412, "precondition.failed")
    assert client.put(bare, {"thresholds": [60], "reason": "Later."}).status_code == 200


def test_every_change_is_in_the_history_and_in_the_audit_trail(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices)
    path = f"/budgets/{budget['budget_id']}"
    change = {"total_amount": "700", "enforcement": "WARN", "name": "For Alice", "reason": "She travels."}
    client = api_as(scene.cast.bob)
    assert client.put(path, change).status_code == 200
    first, second = api_as(scene.cast.alice).get(f"/v1{path}/history").json()["data"]
    assert (first["old_amount"], first["new_amount"], first["change_reason"]) == (None, "600.00", "Set.")
    assert second.keys() == {
        *("version", "old_amount", "new_amount", "effective", "period_key", "changes"),
        *("change_reason", "changed_by", "created_at"),
    }
    told = {name: second[name] for name in ("old_amount", "new_amount", "change_reason", "changed_by", "effective")}
    assert told == {
        "old_amount": "600.00",
        "new_amount": "700.00",
        "change_reason": "She travels.",
        "changed_by": str(scene.cast.bob.id),
        "effective": "NOW",
    }
    assert second["changes"]["enforcement"] == {"before": "BLOCK", "after": "WARN"}
    records = AuditRecord.objects.filter(entity_id=budget["budget_id"]).order_by("id")
    assert [record.event_type for record in records] == ["budget.created", "budget.changed"]
    kept = records[1]
    assert (kept.actor_id, kept.reason, kept.entity_type) == (scene.cast.bob.id, "She travels.", "Budget")
    assert (kept.before["amount"], kept.after["amount"]) == ("600", "700")
    assert (kept.before["enforcement"], kept.after["enforcement"]) == ("BLOCK", "WARN")
    assert "Alice" not in str((kept.before, kept.after))
    with nothing_recorded():
        assert client.put(path, change).status_code == 200
    assert (records.count(), BudgetRevision.objects.filter(budget_id=budget["budget_id"]).count()) == (2, 2)
    types = OutboxMessage.objects.filter(aggregate_id=budget["budget_id"]).order_by("sequence")
    assert [message.type for message in types][-1] == "BudgetChanged"


@pytest.mark.parametrize(
    ("wrong", "pointer"),
    [
        ({"status": "EXPIRED"}, "/status"),
        ({"effective": "LATER"}, "/effective"),
        ({"thresholds": [80, 80]}, "/thresholds"),
        ({"end_date": "2000-01-01"}, "/end_date"),
        ({"buffer_amount": "5", "buffer_percent": 5}, "/buffer_percent"),
        ({"rollover_cap": "5"}, "/rollover_cap"),
        ({"categories": ["a", "a"]}, "/categories"),
        ({"wallet_id": str(UUID(int=1))}, "/wallet_id"),
        ({"period_type": "WEEKLY"}, "/period_type"),
        ({"currency": "USD"}, "/currency"),
        ({"reason": ""}, "/reason"),
        ({"reason": "   "}, "/reason"),
        ({"reason": None}, "/reason"),
    ],
    ids=str,
)
def test_a_change_that_makes_no_sense_is_named(scene: Scene, wrong: dict[str, Any], pointer: str) -> None:
    budget = set_budget(scene.cast.bob, scene.alices)
    with nothing_recorded():
        answer = api_as(scene.cast.bob).put(
            f"/budgets/{budget['budget_id']}", {"total_amount": "5", "reason": "Test", **wrong}
        )
        body = problem_of(answer, 400, "request.validation")
    assert pointer in [error["pointer"] for error in body["errors"]], body


def test_an_amount_is_held_to_the_currency_of_the_budget(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices)
    client = api_as(scene.cast.bob)
    with nothing_recorded():
        for name in ("total_amount", "buffer_amount", "rollover_cap"):
            answer = client.put(f"/budgets/{budget['budget_id']}", {name: "0.00001", "reason": "Test"})
            assert problem_of(answer, 400, "money.scale_exceeded")["errors"][0]["pointer"] == f"/{name}"
            body = {**budget_body(scene.alices, period_type="WEEKLY"), name: "0.00001"}
            problem_of(client.post("/budgets", body), 400, "money.scale_exceeded")


def test_what_is_carried_and_how_much_can_be_told_and_taken_back(scene: Scene) -> None:
    client, budget = api_as(scene.cast.bob), set_budget(scene.cast.bob, scene.alices)
    path = f"/budgets/{budget['budget_id']}"
    capped = client.put(path, {"rollover": "SURPLUS", "rollover_cap": "100", "reason": "Some."}).json()
    assert (capped["rollover"], capped["rollover_cap"]) == ("SURPLUS", "100.00")
    more = client.put(path, {"rollover_cap": "200", "reason": "More."}).json()
    assert (more["rollover"], more["rollover_cap"]) == ("SURPLUS", "200.00")
    free = client.put(path, {"rollover": "SURPLUS", "reason": "All."}).json()
    assert (free["rollover"], free["rollover_cap"]) == ("SURPLUS", None)


def test_its_last_day_can_be_told_and_taken_back(scene: Scene) -> None:
    client, budget = api_as(scene.cast.bob), set_budget(scene.cast.bob, scene.alices, end_date="2199-12-31")
    assert budget["end_date"] == "2199-12-31"
    path = f"/budgets/{budget['budget_id']}"
    assert client.put(path, {"end_date": "2199-12-30", "reason": "Sooner."}).json()["end_date"] == "2199-12-30"
    assert client.put(path, {"end_date": None, "reason": "For good."}).json()["end_date"] is None


def test_a_budget_that_has_not_begun_has_no_figures_yet(scene: Scene) -> None:
    budget = set_budget(scene.cast.bob, scene.alices, start_date="2199-01-01")
    assert budget["total_amount"] == "600.00"
    for name in ("period", "used_amount", "reserved_amount", "remaining_amount", "used_percent", "elapsed_percent"):
        assert budget[name] is None


def test_the_children_of_an_envelope_get_no_more_than_it_has(scene: Scene) -> None:
    frida = api_as(scene.cast.frida)
    team = {"team_id": str(scene.cast.alice.team_id), "total_amount": "500", "children_mode": "ENVELOPE"}
    parent = frida.post("/v1/budgets", team).json()
    body = budget_body(scene.alices, parent_id=parent["budget_id"])
    with nothing_recorded():
        refused = problem_of(api_as(scene.cast.bob).post("/v1/budgets", body), 422, "budget.parent_exceeded")
    assert (refused["parent_id"], refused["available"]) == (parent["budget_id"], "500")
    body["total_amount"] = "500"
    assert api_as(scene.cast.bob).post("/v1/budgets", body).json()["parent_id"] == parent["budget_id"]


def test_the_list_is_filtered_and_cut_into_pages(scene: Scene) -> None:
    monthly = set_budget(scene.cast.bob, scene.alices, "100")
    weekly = set_budget(scene.cast.bob, scene.alices, "1000", period_type="WEEKLY")
    bobs = set_budget(scene.cast.frida, scene.bobs)
    team_id = str(scene.cast.alice.team_id)
    frida = api_as(scene.cast.frida)
    team = frida.post("/v1/budgets", {"team_id": team_id, "total_amount": "100000"}).json()
    assert pay(scene, "80").status_code == 201
    ids = [row["budget_id"] for row in (monthly, weekly, bobs, team)]

    def listed(query: str, by: Any = frida) -> list[str]:
        return [row["budget_id"] for row in by.get(f"/v1/budgets{query}").json()["data"]]

    alice, charlie = api_as(scene.cast.alice), api_as(scene.cast.charlie)
    assert listed("") == ids == listed("", api_as(scene.cast.bob))
    assert (listed("", alice), listed("", charlie)) == (ids[:2], [])
    assert listed("?scope=TEAM") == ids[3:]
    assert listed(f"?team_id={team_id}") == ids[3:]
    assert listed(f"?wallet_id={scene.alices.id}") == listed(f"?user_id={scene.cast.alice.id}") == ids[:2]
    assert listed("?period_type=WEEKLY") == ids[1:2]
    assert listed("?status=SUSPENDED") == []
    assert [listed(f"?over_pct={percent}") for percent in (8, 9, 80, 81)] == [ids[:2], ids[:1], ids[:1], []]
    first = frida.get("/v1/budgets?limit=3").json()
    assert [row["budget_id"] for row in first["data"]] == ids[:3]
    assert listed(f"?cursor={first['page']['next_cursor']}") == ids[3:]
