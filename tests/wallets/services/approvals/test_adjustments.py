"""Asking for an adjustment, agreeing to it, and every way in which it does not come to that."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from compliance.models import AuditRecord, Role, UserStatus
from ledger.errors import Forbidden, InvalidInput, NotFound, PreconditionFailed
from ledger.models import Transaction
from ledger.selectors.clock import database_now
from ledger.services.movements import Claim
from tests.compliance.factories import TeamFactory, UserFactory
from tests.compliance.standing_in import stand_in
from tests.ledger.books import assert_sound
from tests.wallets.approving import Office, adjustment, agree, ask, make_office, origin_of, rule
from tests.wallets.scene import available, book, give_wallet, nothing_moved, set_status
from wallets.errors import ApprovalClosed, ApprovalPending, LedgerRefused, NoChecker, OwnApproval
from wallets.models import Approval, ApprovalVote, Notification
from wallets.services.approvals import approve, expire_approvals, reject, remind_checkers, withdraw

POST = "adjustment.post"


@pytest.fixture
def office(db: None) -> Office:
    return make_office()


def test_nothing_moves_until_a_second_person_agrees(office: Office) -> None:
    alices = office.scene.alices
    with nothing_moved():
        asked = ask(POST, office.frida, adjustment(alices))
    assert (asked.status, asked.amount, asked.currency) == ("PENDING", 25, "EUR")
    assert asked.impact == [{"label": "Wallet: available", "before": "100.00 EUR", "after": "125.00 EUR"}]
    done = agree(asked, office.fiona)
    assert (done.status, available(alices)) == ("APPROVED", 125)
    document = Transaction.objects.get(id=done.outcome["txn_id"])
    said = (document.type, document.description, document.reference_type, document.reference_id)
    assert said == ("DEPOSIT", "The provider erred.", "adjustment", str(asked.id))
    assert document.initiated_by == office.frida.id
    assert_sound()


def test_a_debit_takes_it_out_again(office: Office) -> None:
    done = agree(ask(POST, office.frida, adjustment(office.scene.alices, direction="DEBIT")), office.fiona)
    assert (done.status, available(office.scene.alices)) == ("APPROVED", 75)


def test_whoever_has_asked_never_agrees(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with nothing_moved(), pytest.raises(OwnApproval):
        agree(asked, office.frida)
    with pytest.raises(OwnApproval):
        reject(asked.id, caller=office.frida, reason="No.", origin=origin_of(office.frida))


def test_nobody_agrees_to_money_of_his_own(office: Office) -> None:
    own = give_wallet(office.fiona)
    third = UserFactory(company=office.fiona.company, role=Role.FINANCE)
    asked = ask(POST, office.frida, adjustment(own))
    with pytest.raises(OwnApproval):
        agree(asked, office.fiona)
    assert agree(asked, third).status == "APPROVED"
    with pytest.raises(Forbidden):
        ask(POST, office.fiona, adjustment(own))


@pytest.mark.parametrize("role", ["bob", "conny", "audrey", "bookings"])
def test_only_whom_a_step_asks_for_agrees(office: Office, role: str) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with nothing_moved(), pytest.raises((Forbidden, NotFound)):
        agree(asked, getattr(office.scene.cast, role))


@pytest.mark.parametrize("role", ["alice", "bob", "conny", "audrey", "bookings"])
def test_only_finance_asks(office: Office, role: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        ask(POST, getattr(office.scene.cast, role), adjustment(office.scene.alices))


def test_other_companies_do_not_see_it(office: Office) -> None:
    asked, others = ask(POST, office.frida, adjustment(office.scene.alices)), make_office()
    with pytest.raises(NotFound):
        agree(asked, others.fiona)
    with pytest.raises(NotFound):
        ask(POST, others.frida, adjustment(office.scene.alices))


def test_a_company_without_a_second_person_cannot_even_ask(office: Office) -> None:
    office.fiona.status = UserStatus.SUSPENDED
    office.fiona.save()
    with pytest.raises(NoChecker):
        ask(POST, office.frida, adjustment(office.scene.alices))
    assert not Approval.objects.exists()


def test_the_same_is_asked_for_once_at_a_time(office: Office) -> None:
    first = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(ApprovalPending) as refusal:
        ask(POST, office.fiona, adjustment(office.scene.alices, "1.00"))
    assert refusal.value.data["existing_id"] == str(first.id)
    withdraw(first.id, caller=office.frida, reason="Wrong.", origin=origin_of(office.frida))
    assert ask(POST, office.fiona, adjustment(office.scene.alices, "1.00")).status == "PENDING"


def test_the_same_key_gets_the_same_request(office: Office) -> None:
    claim = Claim(scope="dialog", key="one", request_hash=b"x" * 32)
    first = ask(POST, office.frida, adjustment(office.scene.alices), claim=claim)
    assert ask(POST, office.frida, adjustment(office.scene.alices), claim=claim).id == first.id
    assert Approval.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [({"direction": "UP"}, "/direction"), ({"wallet_id": "x"}, "/wallet_id"), ({"currency": ""}, "/currency")],
)
def test_arguments_that_make_no_sense(office: Office, changed: dict[str, str], pointer: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        ask(POST, office.frida, {**adjustment(office.scene.alices), **changed})
    assert refusal.value.data["errors"][0]["pointer"] == pointer


def test_what_could_not_be_done_anyway_is_refused_at_once(office: Office) -> None:
    with nothing_moved(), pytest.raises(LedgerRefused) as refusal:
        ask(POST, office.frida, adjustment(office.scene.alices, "100.01", "DEBIT"))
    assert refusal.value.code == "funds.insufficient"
    assert not Approval.objects.exists()


def test_money_that_has_gone_meanwhile_makes_it_stale(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices, "60.00", "DEBIT"))
    book(office.scene.alices, "-50", key="spent")
    with nothing_moved():
        done = agree(asked, office.fiona)
    assert (done.status, done.outcome["code"]) == ("STALE", "funds.insufficient")
    assert not Transaction.objects.filter(reference_id=str(asked.id)).exists()
    with pytest.raises(ApprovalClosed):
        agree(asked, UserFactory(company=office.fiona.company, role=Role.FINANCE))


def test_money_that_came_meanwhile_does_not_matter(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices, "60.00", "DEBIT"))
    book(office.scene.alices, "1", key="more")
    assert agree(asked, office.fiona).status == "APPROVED"


def test_a_wallet_that_was_frozen_meanwhile_makes_it_stale(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    set_status(office.scene.alices, "FROZEN", by=office.scene.cast.bob)
    done = agree(asked, office.fiona)
    assert (done.status, done.outcome["code"]) == ("STALE", "precondition.failed")


@pytest.mark.parametrize("change", [{"status": UserStatus.SUSPENDED}, {"role": Role.EMPLOYEE}])
def test_a_maker_who_may_not_any_more_makes_it_stale(office: Office, change: dict[str, str]) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    for name, value in change.items():
        setattr(office.frida, name, value)
    office.frida.save()
    with nothing_moved():
        done = agree(asked, office.fiona)
    assert (done.status, done.outcome["code"]) in {("STALE", "auth.forbidden"), ("STALE", "not_found")}


def test_a_rejected_request_is_kept_and_over(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with nothing_moved():
        done = reject(asked.id, caller=office.fiona, reason="Charged once.", origin=origin_of(office.fiona))
    assert (done.status, done.decided_at is not None) == ("REJECTED", True)
    assert ApprovalVote.objects.get(approval=asked).reason == "Charged once."
    with pytest.raises(ApprovalClosed) as refusal:
        withdraw(asked.id, caller=office.frida, reason="No.", origin=origin_of(office.frida))
    assert refusal.value.data["approval_status"] == "REJECTED"


def test_only_the_maker_takes_it_back(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(Forbidden):
        withdraw(asked.id, caller=office.fiona, reason="No.", origin=origin_of(office.fiona))


def test_a_version_that_was_not_seen_is_refused(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(PreconditionFailed):
        approve(asked.id, caller=office.fiona, reason="x", origin=origin_of(office.fiona), expected_version=2)


def test_two_rules_want_two_people(office: Office) -> None:
    company_id = office.scene.cast.company.id
    rule(company_id, POST, ["FINANCE"], name="Finance")
    rule(company_id, POST, ["COMPLIANCE", "FINANCE"], name="Any")
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    assert [step["name"] for step in asked.steps] == ["Finance", "Any"]
    with nothing_moved():
        assert agree(asked, office.fiona).status == "PENDING"
        with pytest.raises(Forbidden):
            agree(asked, office.fiona)
    assert agree(asked, office.scene.cast.conny).status == "APPROVED"


def test_a_rule_that_changes_later_changes_nothing_for_what_was_asked(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    rule(office.scene.cast.company.id, POST, ["COMPLIANCE"])
    assert agree(asked, office.fiona).status == "APPROVED"


def test_managers_check_only_what_is_about_their_people(office: Office) -> None:
    company, stranger = office.scene.cast.company, UserFactory
    rule(company.id, POST, ["MANAGER"])
    other = stranger(company=company, team=TeamFactory(company=company), role=Role.MANAGER, first_name="Ole")
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(NotFound):
        agree(asked, other)
    with pytest.raises(Forbidden):
        agree(asked, office.fiona)
    assert agree(asked, office.scene.cast.bob).status == "APPROVED"


def test_a_deputy_counts_as_whom_he_stands_in_for(office: Office) -> None:
    conny = office.scene.cast.conny
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(Forbidden):
        agree(asked, conny)
    stand_in(conny, for_=office.fiona)
    done = agree(asked, conny)
    vote = ApprovalVote.objects.get(approval=done)
    assert (done.status, vote.role, vote.on_behalf_of) == ("APPROVED", "FINANCE", office.fiona)


def test_nobody_stands_in_for_the_maker(office: Office) -> None:
    conny = office.scene.cast.conny
    stand_in(conny, for_=office.frida)
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    with pytest.raises(Forbidden):
        agree(asked, conny)


def test_a_deputy_and_his_principal_are_one_voice(office: Office) -> None:
    rule(office.scene.cast.company.id, POST, ["FINANCE"], needed=2)
    third = UserFactory(company=office.fiona.company, role=Role.FINANCE)
    stand_in(office.scene.cast.conny, for_=office.fiona)
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    assert agree(asked, office.scene.cast.conny).status == "PENDING"
    with pytest.raises(Forbidden):
        agree(asked, office.fiona)
    assert agree(asked, third).status == "APPROVED"


def test_a_deputy_does_not_speak_for_whom_another_has_spoken(office: Office) -> None:
    company = office.scene.cast.company
    rule(company.id, POST, ["FINANCE"], needed=2)
    UserFactory(company=company, role=Role.FINANCE)
    conny, cara = office.scene.cast.conny, UserFactory(company=company, role=Role.COMPLIANCE)
    for deputy in (conny, cara):
        stand_in(deputy, for_=office.fiona)
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    agree(asked, conny)
    with pytest.raises(Forbidden):
        reject(asked.id, caller=cara, reason="No.", origin=origin_of(cara))
    assert reject(asked.id, caller=office.fiona, reason="No.", origin=origin_of(office.fiona)).status == "REJECTED"


def test_people_are_told_of_what_waits_and_of_what_came_of_it(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    (waiting,) = Notification.objects.filter(kind="APPROVAL_REQUESTED")
    assert (waiting.user_id, waiting.facts["approval_id"]) == (office.fiona.id, str(asked.id))
    agree(asked, office.fiona)
    (told,) = Notification.objects.filter(kind="APPROVAL_DECIDED")
    assert (told.user_id, told.facts["status"]) == (office.frida.id, "APPROVED")


def test_each_word_leaves_its_record(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    agree(asked, office.fiona)
    records = AuditRecord.objects.filter(entity_id=asked.id).order_by("id")
    assert list(records.values_list("event_type", "actor_id")) == [
        ("approval.requested", office.frida.id),
        ("approval.voted", office.fiona.id),
        ("approval.approved", office.fiona.id),
    ]


def test_what_nobody_answers_expires(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    Approval.objects.filter(id=asked.id).update(expires_at=database_now() - timedelta(seconds=1))
    with pytest.raises(ApprovalClosed):
        agree(asked, office.fiona)
    assert (expire_approvals(), expire_approvals()) == (1, 0)
    asked.refresh_from_db()
    assert asked.status == "EXPIRED"
    assert Notification.objects.get(kind="APPROVAL_DECIDED").user_id == office.frida.id


def test_who_stands_in_for_a_checker_is_told_too(office: Office) -> None:
    cast = office.scene.cast
    stand_in(cast.conny, for_=office.fiona)
    stand_in(cast.bob, for_=office.frida)  # the maker: nobody answers for her
    asked = ask(POST, office.frida, adjustment(office.scene.alices))

    def told(kind: str) -> set[UUID]:
        rows = Notification.objects.filter(kind="APPROVAL_REQUESTED", cause=f"approval:{asked.id}:{kind}")
        return set(rows.values_list("user_id", flat=True))

    assert told("requested") == {office.fiona.id, cast.conny.id}
    Approval.objects.filter(id=asked.id).update(created_at=database_now() - timedelta(hours=25))
    assert remind_checkers() == 1
    assert told("reminder") == {office.fiona.id, cast.conny.id}


def test_after_a_day_they_are_reminded_once(office: Office) -> None:
    asked = ask(POST, office.frida, adjustment(office.scene.alices))
    assert remind_checkers() == 0
    Approval.objects.filter(id=asked.id).update(created_at=database_now() - timedelta(hours=24, minutes=1))
    assert (remind_checkers(), remind_checkers()) == (1, 0)
    told = Notification.objects.filter(kind="APPROVAL_REQUESTED", user=office.fiona)
    assert sorted(row.facts.get("reminder", "no") for row in told) == ["no", "yes"]
