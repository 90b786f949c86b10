"""An approved import is applied wholly and once, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from budgets.models import Budget
from compliance.models import AuditRecord, User
from ledger.errors import ServiceError
from ledger.models import Transaction
from ledger.selectors.balances import wallet_figures
from ledger.selectors.clock import database_now
from ledger.services import journal
from tests.compliance.factories import TeamFactory, UserFactory
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.approving import Office, agree, make_office, origin_of
from tests.wallets.importing import csv_of, import_path, taken_in, top_ups, upload, uploaded
from tests.wallets.scene import available, give_wallet, nothing_moved, set_status
from wallets.errors import ApprovalPending
from wallets.models import Approval, Import, ImportKind, Source, Wallet
from wallets.services.approvals import expire_approvals, reject, withdraw
from wallets.services.import_requests import ask_to_apply, close_refused
from wallets.services.imports import kinds, stages
from wallets.services.imports.stages import MOST_ATTEMPTS, drop_drafts, work_on_imports


@pytest.fixture
def office(db: None) -> Office:
    return make_office()


def ask(office: Office, row: Import) -> Approval:
    """frida asks at the desk."""
    client = at_desk(office.frida)
    response = client.post(import_path(row, "ask"), {"reason": "December.", "_form_submitted": "True"})
    assert response.headers["HX-Redirect"] == import_path(row)
    row.refresh_from_db()
    assert row.approval_id is not None, told(client)
    return Approval.objects.get(id=row.approval_id)


def apply(office: Office, row: Import) -> Import:
    """fiona agrees, and the job runs."""
    agree(ask(office, row), office.fiona)
    row.refresh_from_db()
    assert row.state == "APPLYING"
    work_on_imports()
    row.refresh_from_db()
    return row


def two_top_ups(office: Office, reference: str = "2026-12") -> bytes:
    scene = office.scene
    return top_ups(
        f"{scene.cast.alice.email},10.50,EUR,Allowance,{reference}", f"{scene.bobs.id},20,EUR,Allowance,{reference}"
    )


def test_top_ups_are_applied_when_somebody_else_agrees(office: Office) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    approval = ask(office, row)
    assert (approval.operation, approval.target_id, row.state) == ("import.apply", row.id, "REQUESTED")
    assert {"label": "Total EUR", "before": "", "after": "30.5"} in approval.impact
    with nothing_moved():
        work_on_imports()
        agree(approval, office.fiona)
    work_on_imports()
    row.refresh_from_db()
    assert (row.state, row.rows, len(row.results)) == ("APPLIED", [], 2)
    assert (available(office.scene.alices), available(office.scene.bobs)) == (100 + 10.5, 20)
    document = Transaction.objects.get(id=row.results[0]["id"])
    assert (document.type, document.reference_id, document.description) == ("DEPOSIT", "2026-12", "Allowance")
    assert document.initiated_by == office.frida.id
    with nothing_moved():
        work_on_imports()
    client = at_desk(office.frida)
    assert "All 2 rows are applied." in page(client, import_path(row))
    response: Any = client.get(import_path(row, "results"))
    assert response.content.decode().splitlines()[1] == f"2,{row.results[0]['id']}"
    assert AuditRecord.objects.filter(entity_id=row.id, event_type="import.applied").count() == 1


def test_nobody_approves_his_own(office: Office) -> None:
    approval = ask(office, uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office)))
    with pytest.raises(ServiceError, match="not whoever asked"):
        agree(approval, office.frida)
    assert Import.objects.get().state == "REQUESTED"


def test_the_same_rows_are_applied_once(office: Office) -> None:
    client = at_desk(office.frida)
    twin = uploaded(client, "TOP_UPS", two_top_ups(office))
    row = apply(office, uploaded(client, "TOP_UPS", two_top_ups(office)))
    assert row.state == "APPLIED"
    response: Any = upload(client, "TOP_UPS", two_top_ups(office))
    (message,) = (str(message) for message in response.context["messages"])
    assert message.startswith("A file with the same rows was applied before")
    client.post(import_path(twin, "ask"), {"reason": "Again.", "_form_submitted": "True"})
    assert told(client)[0].startswith("A file with the same rows was applied before")
    twin.refresh_from_db()
    assert (twin.state, Approval.objects.filter(target_id=twin.id).count()) == ("CHECKED", 0)
    assert apply(office, uploaded(client, "TOP_UPS", two_top_ups(office, "2027-01"))).state == "APPLIED"
    assert available(office.scene.bobs) == 40


def test_an_import_is_asked_for_once(office: Office) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    ask(office, row)
    with pytest.raises(ApprovalPending):
        ask_to_apply(row.id, caller=office.frida, reason="Again.", origin=origin_of(office.frida), source=Source.API)


def test_one_row_that_is_refused_by_now_undoes_all(office: Office) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    agree(ask(office, row), office.fiona)
    set_status(office.scene.bobs, "FROZEN", by=office.frida)
    with nothing_moved():
        work_on_imports()
    row.refresh_from_db()
    assert (row.state, row.results, row.rows) == ("FAILED", [], [])
    assert [(error["line"], error["words"]) for error in row.errors] == [(3, "Refused: The wallet is frozen.")]
    assert "1 rows are refused by now, so none was applied." in page(at_desk(office.frida), import_path(row))
    assert uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office)).file_hash == row.file_hash


def test_whoever_has_lost_his_role_applies_nothing(office: Office) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    agree(ask(office, row), office.fiona)
    User.objects.filter(id=office.frida.id).update(role="EMPLOYEE")
    with nothing_moved():
        work_on_imports()
    row.refresh_from_db()
    assert (row.state, row.errors[0]["words"]) == ("FAILED", "Whoever has made this import may import no more.")


@pytest.mark.parametrize("end", [reject, withdraw])
def test_what_is_not_approved_ends(office: Office, end: Callable[..., Approval]) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    approval = ask(office, row)
    request_path = f"/admin/wallets/approval/{approval.id}/change/"
    assert request_path in page(at_desk(office.frida), import_path(row))
    assert import_path(row) in page(at_desk(office.fiona), request_path)
    who = office.fiona if end is reject else office.frida
    end(approval.id, caller=who, reason="Not now.", origin=origin_of(who))
    assert (close_refused(), close_refused()) == (1, 0)
    row.refresh_from_db()
    assert (row.state, row.rows) == ("REJECTED", [])
    assert uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office)).state == "CHECKED"


def test_what_nobody_answers_ends(office: Office) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    approval = ask(office, row)
    Approval.objects.filter(id=approval.id).update(expires_at=database_now())
    assert (close_refused(), expire_approvals(), close_refused()) == (0, 1, 1)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.rows) == ("REJECTED", "Nobody has approved it in time.", [])


def test_a_worker_that_dies_in_the_middle_leaves_nothing_half_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    agree(ask(office, row), office.fiona)
    monkeypatch.setattr(kinds, "COMMANDS_AT_ONCE", 1)
    record, calls = journal.record, iter(range(10))

    def dies_at_the_second(*args: Any, **kwargs: Any) -> Any:
        if next(calls) == 1:
            raise SystemExit
        return record(*args, **kwargs)

    with monkeypatch.context() as patch, nothing_moved():
        patch.setattr(journal, "record", dies_at_the_second)
        with pytest.raises(SystemExit):
            work_on_imports()
    row.refresh_from_db()
    assert (row.state, row.attempts) == ("APPLYING", 1)
    work_on_imports()
    row.refresh_from_db()
    assert row.state == "APPLIED"
    assert (available(office.scene.alices), available(office.scene.bobs)) == (110.5, 20)


def test_what_fails_again_and_again_is_given_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    row = uploaded(at_desk(office.frida), "TOP_UPS", two_top_ups(office))
    agree(ask(office, row), office.fiona)

    def breaks(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setitem(kinds.APPLY, ImportKind.TOP_UPS, breaks)
    with nothing_moved():
        for _ in range(MOST_ATTEMPTS):
            with pytest.raises(ZeroDivisionError):
                work_on_imports()
        work_on_imports()
    row.refresh_from_db()
    assert (row.state, row.rows) == ("FAILED", [])


def test_joiners_wallets_and_budgets_are_there_afterwards(office: Office) -> None:
    scene, client = office.scene, at_desk(office.frida)
    harbour = TeamFactory(company=scene.cast.company, name="Harbour")
    joiners = csv_of(
        "email,first_name,last_name,team,currency",
        "Ida.New@nordwind.example,Ida,New,harbour,EUR",
        "jo.new@nordwind.example,Jo,New,,",
    )
    row = apply(office, uploaded(client, "JOINERS", joiners))
    assert row.state == "APPLIED"
    ida = User.objects.get(email="ida.new@nordwind.example")
    assert (str(ida.id), ida.team_id, ida.role) == (row.results[0]["id"], harbour.id, "EMPLOYEE")
    assert not Wallet.objects.filter(user__email="jo.new@nordwind.example").exists()
    wallets = csv_of("owner,currency,type,initial_balance", "ida.new@nordwind.example,USD,SAVINGS,5.25")
    row = apply(office, uploaded(client, "WALLETS", wallets))
    (wallet,) = Wallet.objects.filter(user=ida, currency="USD")
    assert wallet_figures([wallet.id])[wallet.id].available == 5.25
    budgets = csv_of("wallet,amount,categories,mode", "ida.new@nordwind.example,60.50,meals | travel,WARN")
    row = apply(office, uploaded(client, "BUDGETS", budgets))
    budget = Budget.objects.get(id=row.results[0]["id"])
    assert (budget.amount, budget.categories, budget.enforcement) == (60.5, ["meals", "travel"], "WARN")
    assert (budget.user_id, budget.created_by) == (ida.id, office.frida.id)


def test_the_first_money_of_a_company_opens_its_account_with_it(db: None) -> None:
    frida = UserFactory(role="FINANCE")
    wallet = give_wallet(UserFactory(company=frida.company))
    row = taken_in(frida, ImportKind.TOP_UPS, top_ups(f"{wallet.id},1,EUR,,"))
    assert (row.state, row.errors, row.totals) == ("CHECKED", [], {"EUR": "1"})


def test_more_rows_than_one_waits_for_are_left_to_the_job(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "CHECKED_AT_ONCE", 1)
    client = at_desk(office.frida)
    row = uploaded(client, "TOP_UPS", two_top_ups(office))
    assert row.state == "DRAFT"
    response: Any = client.get(import_path(row))
    assert response.headers["Refresh"] == "2"
    assert "0 of 2 rows" in response.content.decode()
    assert work_on_imports() == 1
    row.refresh_from_db()
    assert (row.state, row.errors) == ("CHECKED", [])
    assert "Refresh" not in client.get(import_path(row)).headers


def test_drafts_are_given_up_after_a_week(office: Office) -> None:
    client = at_desk(office.frida)
    old, new = (uploaded(client, "TOP_UPS", two_top_ups(office, reference)) for reference in ("1", "2"))
    Import.objects.filter(id=old.id).update(created_at=old.created_at - 2 * stages.DRAFTS_KEPT_FOR)
    assert (drop_drafts(), drop_drafts()) == (1, 0)
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.state, old.rows, new.state) == ("REJECTED", [], "CHECKED")
