"""Mia joins in the middle of a month; Lena gives her money and one more budget."""

from __future__ import annotations

from typing import Any

from tests.scenarios.nordwind import Nordwind, figures_of
from tests.wallets.incoming import broken
from wallets.models import Wallet


def set_default(nordwind: Nordwind) -> None:
    """Every new employee shall have 600 a month."""
    template = {"role": "EMPLOYEE", "name": "Monthly budget", "total_amount": "600", "currency": "EUR"}
    nordwind.post(nordwind.frida, "/v1/budget-templates", template)


def join_sales(nordwind: Nordwind) -> None:
    nordwind.join()
    client = nordwind.as_(nordwind.frida)
    person = client.get(f"/v1/users/{nordwind.mia.id}")
    team = {"team_id": str(nordwind.lena.team_id)}
    moved = client.patch(f"/v1/users/{nordwind.mia.id}", team, headers={"If-Match": person.headers["ETag"]})
    assert moved.status_code == 200, moved.json()


def test_mia_joins_on_the_fifteenth(nordwind: Nordwind) -> None:
    nordwind.clock.put("2026-03-15 09:00")
    set_default(nordwind)
    assert [nordwind.join().status, nordwind.join().status] == ["PROCESSED", "PROCESSED"]
    assert Wallet.objects.filter(user_id=nordwind.mia.id).count() == 1
    join_sales(nordwind)

    seen = [row["user_id"] for row in nordwind.get(nordwind.lena, "/v1/users?limit=200")["data"]]
    assert str(nordwind.mia.id) in seen
    assert nordwind.get(nordwind.lena, f"/wallets/{nordwind.mia.id}")["balance"] == "0.00"

    # Of 600.00 a month, for 17 of the 31 days of March: 329.0322…, rounded down.
    (budget,) = nordwind.get(nordwind.lena, f"/budgets/{nordwind.mia.id}")["budgets"]
    assert (budget["name"], budget["period"]["key"], budget["total_amount"]) == ("Monthly budget", "2026-03", "329.03")
    assert figures_of(budget) == ("0.00", "0.00", "329.03")
    nordwind.clock.put("2026-04-01 09:00")
    assert nordwind.budgets()["Monthly budget"]["total_amount"] == "600.00"
    assert not broken()


def test_lena_funds_and_sets_budgets(nordwind: Nordwind) -> None:
    nordwind.clock.put("2026-03-15 09:00")
    set_default(nordwind)
    join_sales(nordwind)
    nordwind.clock.put("2026-03-16 10:00")
    nordwind.fill("600.00")
    assert nordwind.get(nordwind.lena, f"/wallets/{nordwind.mia.id}")["balance"] == "600.00"

    weekly = nordwind.set_budget("200", period_type="WEEKLY", thresholds=[50, 80, 100])
    assert (weekly["name"], weekly["period"]["key"]) == ("Weekly budget", "2026-W12")
    monthly = nordwind.budgets()["Monthly budget"]
    reason = "Mia takes over the north from today."
    change = {"total_amount": "600", "effective": "NOW", "reason": reason}
    changed = nordwind.put(nordwind.lena, f"/budgets/{monthly['budget_id']}", change)
    assert (changed["total_amount"], changed["evaluation"]) == ("600.00", {"blocked_now": False})

    refused = nordwind.set_budget("700", status=409)
    assert (refused["code"], refused["existing_id"]) == ("budget.overlap", monthly["budget_id"])

    assert _bars(nordwind) == {"Monthly budget": (0, "600.00"), "Weekly budget": (0, "200.00")}
    history = nordwind.get(nordwind.lena, f"/v1/budgets/{monthly['budget_id']}/history")["data"]
    second = history[1]
    assert (second["change_reason"], second["changed_by"]) == (reason, str(nordwind.lena.id))
    assert (second["old_amount"], second["new_amount"]) == ("600.00", "600.00"), "it was a share of as much"
    assert second["changes"]["base"] == {"before": "329.03", "after": "600"}

    _tom_stays_unseen(nordwind)
    assert not broken()


def _bars(nordwind: Nordwind) -> dict[str, tuple[Any, ...]]:
    """What the bars of Mia's budgets are drawn from."""
    budgets = nordwind.get(nordwind.lena, f"/v1/users/{nordwind.mia.id}/budgets")["budgets"]
    return {budget["name"]: (budget["used_percent"], budget["remaining_amount"]) for budget in budgets}


def _tom_stays_unseen(nordwind: Nordwind) -> None:
    """Tom works in another team: for its manager's eyes only."""
    opened = nordwind.post(nordwind.frida, "/v1/wallets", {"user_id": str(nordwind.tom.id), "currency": "EUR"})
    toms = opened["wallet_id"]
    budget = nordwind.post(nordwind.frida, "/v1/budgets", {"wallet_id": toms, "total_amount": "50"})
    nordwind.get(nordwind.lena, f"/v1/wallets/{toms}", status=404)
    nordwind.get(nordwind.lena, f"/v1/budgets/{budget['budget_id']}", status=404)
    nordwind.post(nordwind.lena, "/v1/budgets", {"wallet_id": toms, "total_amount": "5"}, status=404)
    listed = [row["wallet_id"] for row in nordwind.get(nordwind.lena, "/v1/wallets?limit=200")["data"]]
    assert toms not in listed
