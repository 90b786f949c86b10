"""My approvals: who sees what waits, who may answer it, and what people are told."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.models import User
from ledger.models import Transaction
from tests.compliance.factories import UserFactory
from tests.wallets.admin.checking import (
    APPROVALS,
    answer,
    approval_path,
    ask_adjustment,
    ask_reversal,
    buttons_on,
    confirm,
    document_path,
    listed,
    pay,
    submit,
    with_rules,
)
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.budgets import set_budget
from tests.wallets.scene import Scene, available, give_wallet, make_scene, nothing_moved, nothing_recorded
from wallets.models import Approval, ApprovalVote

ANSWERS = ("approve", "reject", "withdraw")


@pytest.fixture
def felix(scene: Scene) -> User:
    """Frida's colleague in finance."""
    return with_rules(scene)


@pytest.fixture
def paid(scene: Scene, felix: User) -> UUID:
    return pay(scene)


@pytest.fixture
def asked(scene: Scene, paid: UUID) -> Approval:
    """Frida has asked for alice's payment to be reversed."""
    return ask_reversal(scene, paid)


def test_the_second_person_has_it_done(scene: Scene, felix: User, paid: UUID, asked: Approval) -> None:
    client = answer(felix, asked, "approve", reason="I have seen the e-mail.")
    assert told(client) == ["It is approved, and it is done."]
    assert (available(scene.alices), available(scene.charlies)) == (100, 0)
    made = Transaction.objects.get(original_transaction_id=paid)
    text = page(at_desk(scene.cast.audrey), approval_path(asked))
    for expected in ("Reverse a transaction", "I have seen the e-mail.", "Felix Winter", document_path(made.id)):
        assert expected in text
    assert buttons_on(felix, approval_path(asked)) == set()


def test_the_page_says_what_would_change_and_whom_it_needs(scene: Scene, felix: User, asked: Approval) -> None:
    text = page(at_desk(felix), approval_path(asked))
    for expected in ("90.00 EUR", "100.00 EUR", "Frida Winter", "one other person of finance", "0 of 1", "Asked for."):
        assert expected in text
    assert document_path(asked.target_id) in text


def test_tabs_show_each_what_is_his(scene: Scene, felix: User, asked: Approval) -> None:
    frida, audrey = scene.cast.frida, scene.cast.audrey
    assert [listed(user) for user in (felix, frida, audrey)] == [[asked.id], [], []]
    assert [listed(user, "?whose=mine") for user in (felix, frida, audrey)] == [[], [asked.id], []]
    for user in (felix, frida, audrey):
        assert listed(user, "?whose=all") == [asked.id]
    text = page(at_desk(felix), APPROVALS)
    assert 'href="?whose=mine"' in text
    for words in ("Frida Winter", "Alice Winter", "2 days", "90.00 EUR → 100.00 EUR", "10.00 EUR", "Asked for."):
        assert words in text


def badge(user: User) -> str:
    """What the navigation says beside "My approvals"."""
    entry = page(at_desk(user), "/admin/").partition("My approvals")[2].partition("</a>")[0]
    marks = re.findall(r"<span[^>]*>([^<]*)</span>", entry)
    assert "" not in marks, "nothing waits, so there is no mark"
    return "".join(marks)


def test_the_navigation_counts_what_waits(scene: Scene, felix: User, paid: UUID) -> None:
    assert badge(felix) == ""
    ask_reversal(scene, paid)
    assert [badge(user) for user in (felix, scene.cast.frida, scene.cast.audrey)] == ["1", "", ""]


def test_filters(scene: Scene, felix: User, asked: Approval) -> None:
    large = ask_adjustment(scene, "1000.00", wallet=scene.charlies)
    Approval.objects.filter(id=asked.id).update(created_at=F("created_at") - timedelta(hours=25))
    team = scene.cast.alice.team_id
    for query, found in {
        "?operation=transaction.reverse": [asked.id],
        f"?team={team}": [asked.id],
        "?team=nonsense": [],
        "?amount=1000": [large.id],
        "?amount=5": [large.id, asked.id],
        "?age=24": [asked.id],
        "?age=nonsense": [large.id, asked.id],
        "?whose=all&status__exact=APPROVED": [],
        f"?q={scene.charlies.id}": [large.id],
    }.items():
        assert listed(felix, query) == found, query


def test_nobody_answers_what_he_has_asked_for(scene: Scene, felix: User, asked: Approval) -> None:
    frida = scene.cast.frida
    assert buttons_on(frida, approval_path(asked)) == {"withdraw"}
    with nothing_moved():
        client = answer(frida, asked, "approve")
    assert told(client) == [
        "A second person has to check this: not whoever asked, and not whose own wallet it is about."
    ]
    assert asked.status == "PENDING"


def test_a_rejection_is_kept_with_its_reason(scene: Scene, felix: User, asked: Approval) -> None:
    assert buttons_on(felix, approval_path(asked)) == {"approve", "reject"}
    with nothing_moved():
        client = answer(felix, asked, "reject", reason="The guest was there.")
    assert told(client) == ["It is rejected, and stays in the log."]
    assert asked.status == "REJECTED"
    assert "The guest was there." in page(at_desk(scene.cast.frida), approval_path(asked))
    assert listed(scene.cast.audrey, "?whose=all&status__exact=REJECTED") == [asked.id]


def test_who_has_asked_may_think_better_of_it(scene: Scene, felix: User, asked: Approval) -> None:
    with nothing_moved():
        client = answer(scene.cast.frida, asked, "withdraw")
    assert (told(client), asked.status) == (["It is withdrawn."], "WITHDRAWN")


def test_what_has_changed_meanwhile_is_not_done(scene: Scene, felix: User, paid: UUID, asked: Approval) -> None:
    client = at_desk(scene.cast.frida)
    submit(client, document_path(paid, "refund"), key="by-then", amount="1")
    with nothing_moved():
        client = answer(felix, asked, "approve")
    (text,) = told(client)
    assert text.startswith("It was approved, but not done: What this is about has changed")
    assert asked.status == "STALE"
    assert "What this is about has changed" in page(at_desk(scene.cast.audrey), approval_path(asked))


def test_an_answer_to_another_version_counts_for_nothing(scene: Scene, felix: User, asked: Approval) -> None:
    with nothing_moved():
        client = answer(felix, asked, "approve", version="7")
    assert told(client) == ["The request has changed since you read it. Read it again."]
    assert not ApprovalVote.objects.exists()


def test_several_of_one_type_each_for_itself(scene: Scene, felix: User, paid: UUID, asked: Approval) -> None:
    second, third = (ask_reversal(scene, pay(scene, "5.00", key=key)) for key in ("second", "third"))
    adjustment = ask_adjustment(scene)
    submit(at_desk(scene.cast.frida), document_path(paid, "refund"), key="by-then", amount="1")
    client, path = at_desk(felix), f"{APPROVALS}approve_several/"
    with nothing_recorded():
        first = submit(client, path, operation="transaction.reverse").content.decode()
    for row in (asked, second, third):
        assert f"{row.id}:{row.version}" in first
    assert str(adjustment.id) not in first
    chosen = [f"{row.id}:{row.version}" for row in (asked, second)]
    sent = submit(client, path, operation="transaction.reverse", seen="transaction.reverse", rows=chosen)
    assert "HX-Redirect" in sent.headers
    stale, done = told(client)
    assert "approved, but not done" in stale
    assert done.endswith("It is approved, and it is done.")
    states = dict(Approval.objects.values_list("id", "status"))
    assert [states[one.id] for one in (asked, second, third, adjustment)] == ["STALE", "APPROVED", "PENDING", "PENDING"]


def test_none_of_several_is_nothing(scene: Scene, felix: User, asked: Approval) -> None:
    with nothing_recorded():
        for wrong in ({}, {"rows": f"{asked.id}:9"}):
            form = {"operation": "transaction.reverse", "seen": "transaction.reverse", **wrong}
            assert "HX-Redirect" not in submit(at_desk(felix), f"{APPROVALS}approve_several/", **form).headers


@pytest.mark.parametrize("button", ANSWERS)
def test_what_one_may_not_see_is_not_there(scene: Scene, asked: Approval, button: str) -> None:
    elsewhere = make_scene().cast
    stranger = UserFactory(company=scene.cast.company, team=scene.cast.charlie.team, role="MANAGER")
    with nothing_recorded():
        for user in (elsewhere.frida, elsewhere.audrey, stranger):
            for path in (approval_path(asked), approval_path(asked, button)):
                assert at_desk(user).get(path).status_code == 404
            assert submit(at_desk(user), approval_path(asked, button)).status_code == 404
        assert submit(at_desk(scene.cast.audrey), approval_path(asked, button)).status_code == 403
        for client in (Client(), at_desk(scene.cast.alice)):
            assert submit(client, approval_path(asked, button))["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("button", ANSWERS)
def test_looking_changes_nothing_and_a_form_needs_its_token_and_its_reason(
    scene: Scene, felix: User, asked: Approval, button: str
) -> None:
    user, path = (scene.cast.frida if button == "withdraw" else felix), approval_path(asked, button)
    with nothing_recorded():
        shown = at_desk(user).get(path, {"reason": "By link.", "_form_submitted": "True"})
        assert b'id="dialog-form"' in shown.content
        assert submit(at_desk(user, checks_csrf=True), path).status_code == 403
        for reason in ("", "  ", "x" * 501):
            assert "HX-Redirect" not in submit(at_desk(user), path, reason=reason).headers
    asked.refresh_from_db()
    assert asked.status == "PENDING"


def test_a_manager_answers_for_his_team(scene: Scene, felix: User) -> None:
    """Frida raises a budget of alice's; bob may check it, the manager of another team does not even see it."""
    budget = set_budget(scene.cast.frida, scene.alices, "600")
    form = {"enforcement": "ALLOW", "buffer_amount": "0", "buffer_percent": "0"}
    confirm(at_desk(scene.cast.frida), f"/admin/budgets/budget/{budget['budget_id']}/change_mode/", **form)
    asked = Approval.objects.get()
    assert listed(scene.cast.bob) == [asked.id]
    assert told(answer(scene.cast.bob, asked, "approve")) == ["It is approved, and it is done."]


def queries_of(user: User, path: str) -> int:
    client = at_desk(user)  # taking a seat is no part of the page
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize("tab", ["waiting", "all"])
def test_a_list_costs_the_same_however_long(scene: Scene, felix: User, asked: Approval, tab: str) -> None:
    few = queries_of(felix, f"{APPROVALS}?whose={tab}")
    for number in range(4):
        wallet = give_wallet(UserFactory(company=scene.cast.company, first_name=f"Anna{number}"), "10")
        ask_adjustment(scene, wallet=wallet)
    assert queries_of(felix, f"{APPROVALS}?whose={tab}") == few
    assert few <= 30
    assert queries_of(felix, approval_path(asked)) <= 30
