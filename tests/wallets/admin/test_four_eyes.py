"""Buttons that need a second person where the company's rules say so: what they say before, and where it goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from budgets.models import Budget
from budgets.services.changing import adjust_period
from compliance.models import User
from ledger.ids import new_id
from ledger.services.movements import Origin
from tests.compliance.clients import api_as
from tests.compliance.factories import UserFactory
from tests.wallets.admin.checking import (
    answer,
    approval_path,
    ask_adjustment,
    buttons_on,
    confirm,
    document_path,
    pay,
    submit,
    with_rules,
)
from tests.wallets.admin.staff import at_desk, page, press, told, wallet_path
from tests.wallets.budgets import set_budget
from tests.wallets.holds import reserve
from tests.wallets.scene import (
    Scene,
    available,
    give_wallet,
    make_scene,
    nothing_moved,
    nothing_recorded,
    problem_of,
    set_status,
)
from wallets.admin.budgets.forms import proof_of
from wallets.models import Approval, Wallet


@pytest.fixture
def felix(scene: Scene) -> User:
    return with_rules(scene)


@pytest.fixture
def meals(scene: Scene, felix: User) -> dict[str, Any]:
    return set_budget(scene.cast.frida, scene.alices, "600", name="Meals")


def budget_path(budget: dict[str, Any], name: str = "change") -> str:
    return f"/admin/budgets/budget/{budget['budget_id']}/{name}/"


def row(budget: dict[str, Any]) -> Budget:
    return Budget.objects.get(id=budget["budget_id"])


def sent(client: Any) -> None:
    (text,) = told(client)
    assert text.startswith("Sent for approval: it needs one other person of ")
    assert approval_path(Approval.objects.latest("created_at")) in text


def test_a_reversal(scene: Scene, felix: User) -> None:
    paid = pay(scene)
    client, path = at_desk(scene.cast.frida), document_path(paid, "reverse")
    with nothing_recorded():
        dialog = page(client, path)
    for words in ("sent for approval", "one other person of finance", "90.00 EUR", "100.00 EUR"):
        assert words in dialog
    with nothing_moved():
        submit(client, path, key=str(new_id()))
    sent(client)
    asked = Approval.objects.get()
    for user in (scene.cast.audrey, scene.cast.bob):
        assert "Waiting for approval: " in page(at_desk(user), document_path(paid))
    assert approval_path(asked) in page(at_desk(scene.cast.audrey), document_path(paid))
    answer(felix, asked, "approve")
    assert available(scene.alices) == 100
    assert "Waiting for approval: " not in page(at_desk(scene.cast.audrey), document_path(paid))


def test_the_same_dialog_sent_twice_asks_once(scene: Scene, felix: User) -> None:
    client, path, key = at_desk(scene.cast.frida), document_path(pay(scene), "reverse"), str(new_id())
    submit(client, path, key=key)
    with nothing_recorded():
        submit(client, path, key=key)
    first, again = told(client)
    assert first == again
    submit(client, path, key=str(new_id()))
    assert told(client) == ["Somebody has asked for this already; it waits for approval."]
    assert Approval.objects.count() == 1


def test_without_rules_it_is_done_at_once_and_says_so(scene: Scene) -> None:
    client, path = at_desk(scene.cast.frida), document_path(pay(scene), "reverse")
    assert "nobody else has to approve it" in page(client, path)
    submit(client, path, key=str(new_id()))
    assert told(client) == ["The transaction is reversed."]


def test_what_could_not_be_done_is_said_at_once(scene: Scene, felix: User) -> None:
    paid = pay(scene)
    pay_back = {"key": str(new_id()), "amount": "1"}
    client = at_desk(scene.cast.frida)
    submit(client, document_path(paid, "refund"), **pay_back)
    assert "This cannot be done now." in page(client, document_path(paid, "reverse"))
    told(client)
    with nothing_recorded():
        submit(client, document_path(paid, "reverse"), key=str(new_id()))
    (text,) = told(client)
    assert text.startswith("Refused: ")
    assert not Approval.objects.exists()


def test_nobody_could_approve_it(scene: Scene, felix: User) -> None:
    User.objects.filter(id=felix.id).update(status="SUSPENDED")
    client = at_desk(scene.cast.frida)
    submit(client, document_path(pay(scene), "reverse"), key=str(new_id()))
    assert told(client) == ["The company has nobody besides you who could approve this. Nothing was asked for."]


@pytest.mark.parametrize("name", ["bob", "frida"])
def test_a_release(scene: Scene, felix: User, name: str) -> None:
    held = reserve(scene.cast.alice, scene.alices)["reservation_id"]
    client, path = at_desk(getattr(scene.cast, name)), f"/admin/ledger/reservation/{held}/release/"
    assert "sent for approval" in page(client, path)
    with nothing_moved():
        submit(client, path, key=str(new_id()))
    sent(client)
    assert "Waiting for approval: " in page(client, path.replace("release", "change"))
    answer(felix, Approval.objects.get(), "approve")
    assert available(scene.alices) == 100


def test_a_large_raise_is_asked_for_and_a_small_one_done(scene: Scene, felix: User, meals: dict[str, Any]) -> None:
    client, path = at_desk(scene.cast.bob), budget_path(meals, "change_amount")
    form = {"amount": "700", "effective": "NOW"}
    assert "sent for approval" not in submit(client, path, **form).content.decode()
    submit(client, path, **form, seen=proof_of(Decimal(700), "NOW"))
    assert (told(client), row(meals).amount) == (["The budget is changed."], 700)
    form["amount"] = "1700"
    assert "sent for approval" in submit(client, path, **form).content.decode()
    submit(client, path, **form, seen=proof_of(Decimal(1700), "NOW"))
    sent(client)
    assert row(meals).amount == 700
    assert "Waiting for approval: " in page(client, budget_path(meals))
    answer(felix, Approval.objects.get(), "approve")
    assert row(meals).amount == 1700


def test_a_mode_is_shown_first_and_then_asked_for(scene: Scene, felix: User, meals: dict[str, Any]) -> None:
    client = at_desk(scene.cast.bob)
    form = {"enforcement": "ALLOW", "buffer_amount": "0", "buffer_percent": "0"}
    shown = submit(client, budget_path(meals, "change_mode"), **form).content.decode()
    for words in ("What does not fit", "BLOCK", "ALLOW", "sent for approval", "of finance or the managers"):
        assert words in shown
    assert "HX-Redirect" in confirm(client, budget_path(meals, "change_mode"), **form).headers
    sent(client)
    assert row(meals).enforcement == "BLOCK"
    answer(felix, Approval.objects.get(), "approve")
    assert row(meals).enforcement == "ALLOW"


def test_a_large_raise_by_copying_what_this_period_was_given(scene: Scene, felix: User, meals: dict[str, Any]) -> None:
    client, path = at_desk(scene.cast.bob), budget_path(meals, "copy_on")
    give_more(meals, "100")
    assert "nobody else has to approve it" in page(client, path)
    submit(client, path, version=str(row(meals).version))
    assert (told(client), row(meals).amount) == (["The next period is like this one."], 700)
    give_more(meals, "1000")
    assert "sent for approval" in page(client, path)
    submit(client, path, version=str(row(meals).version))
    sent(client)
    assert row(meals).amount == 700
    answer(felix, Approval.objects.get(), "approve")
    assert row(meals).amount == 1700


def give_more(budget: dict[str, Any], amount: str) -> None:
    """To the present period alone, without asking anybody."""
    found = row(budget)
    adjust_period(
        found.id,
        Decimal(amount),
        origin=Origin(actor_type="SYSTEM"),
        changed_by=found.company_id,
        reason="A fair.",
    )


def test_suspending_a_budget_is_to_change_what_it_does(scene: Scene, felix: User, meals: dict[str, Any]) -> None:
    client = at_desk(scene.cast.bob)
    assert "sent for approval" in page(client, budget_path(meals, "suspend"))
    submit(client, budget_path(meals, "suspend"), version="1")
    sent(client)
    assert row(meals).status == "ACTIVE"


@pytest.mark.parametrize(("freezer", "is_asked"), [("conny", True), ("bob", False)])
def test_what_compliance_froze_one_person_does_not_lift(
    scene: Scene, felix: User, freezer: str, is_asked: bool
) -> None:
    corinna = UserFactory(company=scene.cast.company, role="COMPLIANCE", first_name="Corinna")
    set_status(scene.alices, "FROZEN", by=getattr(scene.cast, freezer))
    client = at_desk(scene.cast.conny)
    assert ("sent for approval" in page(client, wallet_path(scene.alices, "reactivate"))) is is_asked
    press(client, scene.alices, "reactivate")
    if is_asked:
        sent(client)
        assert "Waiting for approval: " in page(client, wallet_path(scene.alices))
        answer(corinna, Approval.objects.get(), "approve")
    assert Wallet.objects.get(id=scene.alices.id).status == "ACTIVE"


def test_what_compliance_froze_is_not_lifted_by_suspending_it(scene: Scene, felix: User) -> None:
    """Suspended, it would take money in, and one person alone could lift that."""
    set_status(scene.alices, "FROZEN", by=scene.cast.conny)
    client = at_desk(scene.cast.bob)
    with nothing_recorded():
        press(client, scene.alices, "suspend")
        over_http = api_as(scene.cast.bob).put(
            f"/v1/wallets/{scene.alices.id}/status", {"status": "SUSPENDED", "reason": "By the back door."}
        )
    assert told(client) == ["A second person has to approve this. Ask for it on its own."]
    problem_of(over_http, 422, "approval.required")
    assert Wallet.objects.get(id=scene.alices.id).status == "FROZEN"


# -- Adjust.


@pytest.mark.parametrize(("direction", "after"), [("CREDIT", 125), ("DEBIT", 75)])
def test_an_adjustment_always_needs_two(scene: Scene, direction: str, after: int) -> None:
    felix = UserFactory(company=scene.cast.company, role="FINANCE", first_name="Felix")
    with nothing_moved():
        asked = ask_adjustment(scene, direction=direction)
    text = page(at_desk(felix), approval_path(asked))
    assert "100.00 EUR" in text
    assert f"{after}.00 EUR" in text
    assert "Waiting for approval: " in page(at_desk(scene.cast.bob), wallet_path(scene.alices))
    assert told(answer(felix, asked, "approve")) == ["It is approved, and it is done."]
    assert available(scene.alices) == after


def test_an_adjustment_is_shown_before_it_is_asked_for(scene: Scene, felix: User) -> None:
    path = wallet_path(scene.alices, "adjust")
    with nothing_recorded():
        shown = submit(at_desk(scene.cast.frida), path, direction="CREDIT", amount="25").content.decode()
        for words in ("100.00 EUR", "125.00 EUR", "one other person of finance", "Nothing has happened yet"):
            assert words in shown
        too_much = submit(at_desk(scene.cast.frida), path, direction="DEBIT", amount="100.01").content.decode()
        assert "This cannot be done now." in too_much
        for amount in ("", "0", "-5", "1e3", "12,50", "12.50505"):
            answered = submit(at_desk(scene.cast.frida), path, direction="CREDIT", amount=amount)
            assert "What will change" not in answered.content.decode()


def test_who_is_offered_to_adjust_and_to_close_with_sweep(scene: Scene, felix: User) -> None:
    cast, own = scene.cast, give_wallet(scene.cast.frida, "5")
    offered = {name: buttons_on(getattr(cast, name), wallet_path(scene.alices)) for name in ("bob", "frida", "conny")}
    both = {"adjust", "close_with_sweep"}
    assert {name: found & both for name, found in offered.items()} == {
        "bob": {"close_with_sweep"},
        "frida": both,
        "conny": set(),
    }
    assert buttons_on(cast.frida, wallet_path(own)) & both == set()
    stranger = make_scene().cast.frida
    forbidden = {"adjust": (cast.bob, cast.conny, cast.audrey), "close_with_sweep": (cast.conny, cast.audrey)}
    with nothing_recorded():
        for button, users in forbidden.items():
            for user in users:
                assert submit(at_desk(user), wallet_path(scene.alices, button)).status_code == 403
            assert submit(at_desk(stranger), wallet_path(scene.alices, button)).status_code == 404


# -- Close with sweep.


def test_a_wallet_is_closed_with_what_is_left_on_it(scene: Scene, felix: User) -> None:
    client, path = at_desk(scene.cast.bob), wallet_path(scene.alices, "close_with_sweep")
    dialog = page(client, path)
    for words in ("100.00 EUR", "0.00 EUR", "CLOSED", "one other person of finance"):
        assert words in dialog
    with nothing_moved():
        submit(client, path)
    sent(client)
    answer(felix, Approval.objects.get(), "approve")
    assert (available(scene.alices), Wallet.objects.get(id=scene.alices.id).status) == (0, "CLOSED")


def test_without_rules_it_is_swept_at_once(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    submit(client, wallet_path(scene.alices, "close_with_sweep"))
    assert told(client) == ["What was left is swept, and the wallet is closed."]
    assert (available(scene.alices), Wallet.objects.get(id=scene.alices.id).status) == (0, "CLOSED")


def test_open_holds_stand_in_the_way_and_are_listed(scene: Scene, felix: User) -> None:
    held: UUID = reserve(scene.cast.alice, scene.alices, purpose="Hotel deposit")["reservation_id"]
    client, path = at_desk(scene.cast.frida), wallet_path(scene.alices, "close_with_sweep")
    dialog = page(client, path)
    for words in (
        "Open reservations stand in the way",
        "Hotel deposit",
        f"/admin/ledger/reservation/{held}/",
        "cannot be done",
    ):
        assert words in dialog
    with nothing_moved():
        submit(client, path)
    (text,) = told(client)
    assert text.startswith("Refused: ")
    assert not Approval.objects.exists()
