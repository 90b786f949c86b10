"""/v1/budget-templates, and the budgets that people get by them when they join (R78)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from budgets.models import Budget, BudgetTemplate
from budgets.services import creating, templates
from compliance.models import AuditRecord
from ledger.models import OutboxMessage
from tests.compliance.clients import api_as
from tests.compliance.factories import make_cast
from tests.wallets.incoming import joined, take
from tests.wallets.scene import Scene, nothing_recorded, problem_of
from wallets.models import Wallet

PATH = "/v1/budget-templates"
MONTHLY = {"name": "Monthly budget", "total_amount": "600.00", "currency": "EUR"}


def create(scene: Scene, **more: Any) -> dict[str, Any]:
    response = api_as(scene.cast.frida).post(PATH, {**MONTHLY, **more})
    body: dict[str, Any] = response.json()
    assert response.status_code == 201, body
    assert response.headers["ETag"] == '"v1"'
    return body


def budgets_of(user_id: str) -> list[Budget]:
    return list(Budget.objects.filter(user_id=user_id).order_by("created_at"))


def hire(scene: Scene, **more: Any) -> str:
    person = {"email": "mia@nordwind.example", "first_name": "Mia", "last_name": "Berg", "currency": "EUR"}
    response = api_as(scene.cast.frida).post("/v1/users", {**person, **more})
    assert response.status_code == 201, response.json()
    user_id: str = response.json()["user_id"]
    return user_id


def test_a_template_is_created_as_documented(scene: Scene) -> None:
    answer = create(scene, role="EMPLOYEE")
    shown = {name: answer.pop(name) for name in ("template_id", "created_at", "updated_at")}
    assert answer == {
        "role": "EMPLOYEE",
        "name": "Monthly budget",
        "total_amount": "600.00",
        "currency": "EUR",
        "period_type": "MONTHLY",
        "categories": [],
        "enforcement": "BLOCK",
        "buffer_amount": "0.00",
        "buffer_percent": 0,
        "thresholds": [80, 100],
        "rollover": "NONE",
        "rollover_cap": None,
        "refunds_to": "ORIGIN",
        "grace_days": 5,
        "prorate_first": True,
        "is_active": True,
        "version": 1,
    }
    again = api_as(scene.cast.bob).get(f"{PATH}/{shown['template_id']}")
    assert (again.json(), again.headers["ETag"]) == ({**answer, **shown}, '"v1"')
    assert api_as(scene.cast.audrey).get(PATH).json()["data"] == [{**answer, **shown}]
    record = AuditRecord.objects.get(event_type="budget_template.created")
    assert (record.actor_id, record.after["amount"], record.after["role"]) == (scene.cast.frida.id, "600", "EMPLOYEE")


def test_journey_1_mia_joins_on_15_march(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """UserCreated twice: one wallet, one budget of 17/31 of 600.00; nothing happens the second time."""
    noon = datetime.fromisoformat("2031-03-15T12:00:00+00:00")
    for module in (creating, templates):
        monkeypatch.setattr(module, "database_now", lambda: noon)
    create(scene)
    envelope = joined(scene.cast.company.id)
    take(envelope)
    user_id = envelope["data"]["user_id"]
    (budget,) = budgets_of(user_id)
    (period,) = budget.periods.all()
    assert (f"{period.base:f}".rstrip("0"), period.key) == ("329.03", "2031-03")
    assert budget.wallet_id == Wallet.objects.get(user_id=user_id).id
    record = AuditRecord.objects.get(event_type="budget.created")
    assert (record.entity_id, record.actor_id) == (budget.id, None)
    messages = OutboxMessage.objects.count()
    with nothing_recorded():
        take(envelope)
        take(joined(scene.cast.company.id, user_id=UUID(user_id)))
    assert (len(budgets_of(user_id)), OutboxMessage.objects.count()) == (1, messages)


def test_a_new_colleague_gets_the_budgets_of_his_role_with_his_wallet(scene: Scene) -> None:
    create(scene, prorate_first=False)
    create(scene, name="Weekly budget", total_amount="200", period_type="WEEKLY", prorate_first=False)
    create(scene, name="For managers", total_amount="900", role="MANAGER", prorate_first=False)
    create(scene, name="In dollars", currency="USD")
    user_id = hire(scene)
    assert [(one.name, one.amount) for one in budgets_of(user_id)] == [("Monthly budget", 600), ("Weekly budget", 200)]
    shown = api_as(scene.cast.frida).get(f"/v1/users/{user_id}/budgets").json()["budgets"]
    assert [one["remaining_amount"] for one in shown] == ["600.00", "200.00"]
    boss = hire(scene, email="boss@nordwind.example", role="MANAGER")
    assert {one.name for one in budgets_of(boss)} == {"For managers", "Weekly budget"}


def test_without_a_wallet_there_is_no_budget_and_none_for_those_who_are_here(scene: Scene) -> None:
    create(scene)
    person = {"email": "mia@nordwind.example", "first_name": "Mia", "last_name": "Berg"}
    api_as(scene.cast.frida).post("/v1/users", person)
    assert not Budget.objects.exists()


def test_a_change_needs_the_version_and_counts_from_then_on(scene: Scene) -> None:
    made = create(scene, prorate_first=False, rollover="SURPLUS", rollover_cap="50")
    client, path = api_as(scene.cast.frida), f"{PATH}/{made['template_id']}"
    problem_of(client.patch(path, {"total_amount": "700"}), 428, "precondition.required")
    problem_of(client.patch(path, {"total_amount": "700"}, headers={"If-Match": '"v2"'}), 412, "precondition.failed")
    wanted = {"total_amount": "700", "role": "EMPLOYEE", "rollover": "NONE"}
    changed = client.patch(path, wanted, headers={"If-Match": '"v1"'})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"v2"')
    assert [changed.json()[name] for name in ("total_amount", "role", "rollover_cap")] == ["700.00", "EMPLOYEE", None]
    record = AuditRecord.objects.get(event_type="budget_template.changed")
    assert record.before == {"amount": "600", "role": "", "rollover": "SURPLUS", "rollover_cap": "50"}
    assert record.after == {"amount": "700", "role": "EMPLOYEE", "rollover": "NONE", "rollover_cap": None}
    assert [one.amount for one in budgets_of(hire(scene))] == [700]
    rested = client.patch(path, {"is_active": False}, headers={"If-Match": '"v2"'})
    assert rested.json()["is_active"] is False
    assert budgets_of(hire(scene, email="nina@nordwind.example")) == []


def test_the_same_again_changes_nothing(scene: Scene) -> None:
    made = create(scene)
    client, path = api_as(scene.cast.frida), f"{PATH}/{made['template_id']}"
    same = client.patch(path, {"total_amount": "600", "thresholds": [100, 80]}, headers={"If-Match": '"v1"'})
    assert same.json() == made
    assert not AuditRecord.objects.filter(event_type="budget_template.changed").exists()


def test_two_of_a_kind_are_refused(scene: Scene) -> None:
    first = create(scene)
    problem = problem_of(api_as(scene.cast.frida).post(PATH, {**MONTHLY, "name": "Another"}), 409, "budget.overlap")
    assert problem["existing_id"] == first["template_id"]
    assert BudgetTemplate.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"total_amount": "0"}, "money.invalid", "/total_amount"),
        ({"total_amount": "1.00001"}, "money.scale_exceeded", "/total_amount"),
        ({"period_type": "CUSTOM"}, "request.validation", "/period_type"),
        ({"role": "SYSTEM"}, "request.validation", "/role"),
        ({"role": ""}, "request.validation", "/role"),
        ({"thresholds": [0]}, "request.validation", "/thresholds/0"),
        ({"rollover_cap": "5"}, "request.validation", "/rollover_cap"),
        ({"currency": "BTC"}, "currency.unsupported", "/currency"),
        ({"wallet_id": "x"}, "request.validation", "/wallet_id"),
    ],
)
def test_wrong_fields_are_named(scene: Scene, changes: dict[str, Any], code: str, pointer: str) -> None:
    problem = problem_of(api_as(scene.cast.frida).post(PATH, {**MONTHLY, **changes}), 400, code)
    assert [error["pointer"] for error in problem["errors"]] == [pointer]
    assert not BudgetTemplate.objects.exists()


def test_another_company_sees_nothing_of_them(scene: Scene) -> None:
    made, stranger = create(scene), make_cast().frida
    assert api_as(stranger).get(PATH).json()["data"] == []
    problem_of(api_as(stranger).get(f"{PATH}/{made['template_id']}"), 404, "not_found")
    answer = api_as(stranger).patch(f"{PATH}/{made['template_id']}", {}, headers={"If-Match": '"v1"'})
    problem_of(answer, 404, "not_found")
