"""The buttons of the back office, each with the trace of pressing it. A button without a row here fails the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from budgets.models import Budget, BudgetRequest, BudgetTemplate, Limit
from budgets.services.templates import TemplateSpec, create_template
from compliance.core.origin import Origin
from compliance.models import Deputy, ServiceAccount, User
from ledger.ids import new_id
from ledger.models import InboxEvent, OutboxMessage, Reservation
from ledger.selectors.clock import database_now
from tests.api.approval_things import adjustment_of
from tests.api.test_authorisation import World, wallet_of
from tests.compliance.clients import api_as
from tests.compliance.desk import give_app
from tests.compliance.factories import ServiceAccountFactory, UserFactory
from tests.compliance.standing_in import stand_in
from tests.wallets.admin.staff import WALLETS
from tests.wallets.approving import rule
from tests.wallets.budgets import set_budget, set_limit
from tests.wallets.held import hold
from tests.wallets.holds import reserve
from tests.wallets.importing import taken_in, top_ups
from tests.wallets.incoming import cancelled, take
from tests.wallets.notices import frozen
from tests.wallets.scene import set_status
from tests.wallets.webhooks import make_endpoint, ping
from wallets.admin.approvals.four_eyes import Intent
from wallets.admin.approvals.rule_forms import intent_for
from wallets.admin.budgets.forms import proof_of
from wallets.models import (
    Approval,
    ApprovalRule,
    Import,
    ImportKind,
    Notification,
    WalletNote,
    WebhookDelivery,
    WebhookEndpoint,
)
from wallets.services.approvals import create_default_rules
from wallets.services.notifications.noting import note
from wallets.services.wallet_notes import add_note

EVENT = "an event of the ledger"
READ = "the time at which somebody has read what is his alone"
USERS, CLOSINGS = "/admin/compliance/user/", "/admin/ledger/closing/"
NEWS = "/admin/wallets/notification/"

Form = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Button:
    """A button of the back office: the trace of pressing it, where it is, and what has to be so before."""

    trace: str
    path: Callable[[World], str]
    given: Callable[[World], object] = lambda world: None
    form: Form | Callable[[World], Form] = (("reason", "Asked for."),)
    by: Callable[[World], User] = lambda world: world.people["FINANCE"]


def _user(name: str) -> Callable[[World], str]:
    return lambda world: f"{USERS}{world.owners['company'].id}/{name}/"


def _wallet(name: str) -> Callable[[World], str]:
    return lambda world: f"{WALLETS}{wallet_of(world.owners['company']).id}/{name}/"


def _suspend_wallet(world: World) -> None:
    set_status(wallet_of(world.owners["company"]), "SUSPENDED", by=world.people["FINANCE"])


def _lock_user(world: World) -> None:
    User.objects.filter(id=world.owners["company"].id).update(status="LOCKED")


def _give_app(world: World) -> None:
    give_app(world.owners["company"])


def _hold(world: World) -> None:
    hold(wallet_of(world.owners["company"]), by=world.scene.cast.bookings)


def _deposit(name: str) -> Callable[[World], str]:
    return lambda world: f"/admin/ledger/transaction/{world.things('FINANCE', 'company').txn_id}/{name}/"


def _reserve(world: World) -> None:
    reserve(world.people["FINANCE"], wallet_of(world.owners["company"]))


def _held(name: str) -> Callable[[World], str]:
    def path(world: World) -> str:
        hold = Reservation.objects.filter(wallet_id=wallet_of(world.owners["company"]).id).latest("created_at")
        return f"/admin/ledger/reservation/{hold.id}/{name}/"

    return path


def _noted(world: World) -> None:
    frida, wallet = world.people["FINANCE"], wallet_of(world.owners["company"])
    add_note(caller=frida, wallet=wallet, text="Called her.", origin=Origin(frida.id, "FINANCE"))


def _dead_letter(world: World) -> None:
    told = OutboxMessage.objects.filter(aggregate_id=wallet_of(world.owners["company"]).id).latest("sequence")
    OutboxMessage.objects.filter(id=told.id).update(status="FAILED")


def _parked(world: World) -> None:
    take(cancelled("B-404"))


def _endpoint(world: World) -> None:
    make_endpoint(world.people["FINANCE"])


def _delivery(world: World) -> None:
    ping(world.people["FINANCE"], make_endpoint(world.people["FINANCE"]).endpoint)


def _tell(world: World) -> None:
    note([frozen(wallet_of(world.people["FINANCE"]))])


def _of(rows: QuerySet[Any], name: str) -> Callable[[World], str]:
    """On the newest of these rows."""
    screen = rows.model._meta.label_lower.replace(".", "/")
    return lambda world: f"/admin/{screen}/{rows.latest('id').pk}/{name}/"


def _budget(world: World) -> None:
    set_budget(world.people["FINANCE"], wallet_of(world.owners["company"]), categories=["meals"])


def _raised_budget(world: World) -> None:
    """In its present period only."""
    frida = api_as(world.people["FINANCE"])
    budget = set_budget(world.people["FINANCE"], wallet_of(world.owners["company"]))
    raised = {"total_amount": "700", "effective": "THIS_PERIOD_ONLY", "reason": "More."}
    assert frida.put(f"/budgets/{budget['budget_id']}", raised).status_code == 200


def _suspended_budget(world: World) -> None:
    _budget(world)
    Budget.objects.filter(id=BUDGETS.latest("id").id).update(status="SUSPENDED")


def _two_budgets(world: World) -> None:
    """The newer one gives."""
    _budget(world)
    set_budget(world.people["FINANCE"], wallet_of(world.owners["company"]))


def _to_the_other(world: World) -> Form:
    _, receiver = BUDGETS.order_by("-id")[:2]
    return (*MONEY, ("amount", "1"), ("receiver", str(receiver.id)))


def _limit(world: World) -> None:
    set_limit(world.people["FINANCE"], world.scene, user_id=str(world.owners["company"].id))


def _request(world: World) -> None:
    """alice asks for more for her own wallet."""
    set_budget(world.people["FINANCE"], world.scene.alices)
    wanted = {"budget_id": str(BUDGETS.latest("id").id), "kind": "PERMANENT", "amount": "5", "reason": "More."}
    assert api_as(world.scene.cast.alice).post("/v1/budget-requests", wanted).status_code == 201


def _import(world: World) -> None:
    """Checked without mistakes, and there is somebody else to approve it."""
    UserFactory(company=world.people["FINANCE"].company, role="FINANCE")
    taken_in(world.people["FINANCE"], ImportKind.TOP_UPS, top_ups(f"{wallet_of(world.owners['company']).id},1,EUR,,"))


def _template(world: World) -> None:
    company = world.people["FINANCE"].company_id
    create_template(TemplateSpec(company_id=company, name="Old", currency="EUR", amount=Decimal(600)))


def _resting_template(world: World) -> None:
    _template(world)
    BudgetTemplate.objects.filter(id=TEMPLATES.latest("id").id).update(is_active=False)


def _colleague(world: World) -> User:
    """Somebody who could check what frida asks for, and asks for what she checks."""
    colleague: User = UserFactory(company=world.scene.cast.company, role="FINANCE", first_name="Fiona")
    return colleague


def _asked_by(who: Callable[[World], User]) -> Callable[[World], object]:
    """Somebody has asked for the wallet to be given something."""

    def given(world: World) -> object:
        _colleague(world)
        return adjustment_of(wallet_of(world.owners["company"]), who(world))

    return given


def _frida(world: World) -> User:
    return world.people["FINANCE"]


def _several(world: World) -> Form:
    (waiting,) = APPROVALS.filter(status="PENDING", company=world.scene.cast.company)
    return (*REASON, ("operation", waiting.operation), ("seen", waiting.operation), ("rows", f"{waiting.id}:1"))


def _adjustment(world: World) -> Form:
    """With the proof that it was shown."""
    wallet = wallet_of(world.owners["company"])
    said = (("direction", "CREDIT"), ("amount", "5"))
    intent = Intent("adjustment.post", {"wallet_id": str(wallet.id), "currency": wallet.currency, **dict(said)})
    return (*REASON, *said, ("seen", intent.proof))


def _rule(world: World) -> None:
    _colleague(world)
    create_default_rules(world.scene.cast.company)


def _simple_rule(world: World) -> None:
    _colleague(world)
    rule(world.scene.cast.company.id, "adjustment.post", ["FINANCE"])


def _released(world: World) -> None:
    """Nothing is held any more."""
    for held in Reservation.objects.filter(wallet_id=wallet_of(world.owners["company"]).id, status="ACTIVE"):
        api_as(_frida(world)).post(f"/v1/reservations/{held.id}/release", {}, headers={"Idempotency-Key": "free"})


def _resting_rule(world: World) -> None:
    _rule(world)
    RULES.update(is_active=False)


def _set_rule(id: UUID, **before: Any) -> Form:
    """With the proof that it was shown."""
    said = {"name": "Adjustments by two", "operation": "adjustment.post", "checkers": ["FINANCE"]}
    intent = intent_for(id, **{**said, "blocks": [], "needed": 1, "is_active": True, **before})
    named = (("name", "Adjustments by two"), ("operation", "adjustment.post"), ("checkers", "FINANCE"), ("needed", "1"))
    return (*REASON, *named, ("rule_id", str(id)), ("seen", intent.proof))


def _own_page(world: World) -> str:
    return f"{USERS}{world.people['FINANCE'].id}/name_deputy/"


def _boss_as_deputy(world: World) -> Form:
    boss = User.objects.filter(role="MANAGER").latest("id")
    return (*REASON, ("email", boss.email), ("last_day", (database_now() + timedelta(days=9)).date().isoformat()))


def _deputy(world: World) -> None:
    stand_in(world.people["MANAGER"], for_=world.people["FINANCE"])


def _access(world: World) -> User:
    """Somebody who administers access."""
    administrator: User = UserFactory(company=world.scene.cast.company, administers_access=True)
    return administrator


def _administrator(world: World) -> None:
    User.objects.filter(id=world.owners["company"].id).update(administers_access=True)


def _program(status: str) -> Callable[[World], object]:
    """One that somebody else has prepared."""
    return lambda world: ServiceAccountFactory(
        company=world.scene.cast.company, prepared_by=world.people["COMPLIANCE"], status=status
    )


DEPUTIES, PROGRAMS = Deputy.objects.all(), ServiceAccount.objects.all()
APPROVALS, RULES = Approval.objects.all(), ApprovalRule.objects.all()
TEMPLATES, NOTES = BudgetTemplate.objects.all(), WalletNote.objects.all()
BUDGETS, LIMITS, REQUESTS = Budget.objects.all(), Limit.objects.all(), BudgetRequest.objects.all()
FAILED, PARKED = OutboxMessage.objects.filter(status="FAILED"), InboxEvent.objects.filter(status="PENDING")
ENDPOINTS, DELIVERIES = WebhookEndpoint.objects.all(), WebhookDelivery.objects.all()
MONEY = (("reason", "Asked for."), ("key", "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0c1"))
STATUS = "wallet.status_changed"
ASKED = "approval.requested"
APRIL = (("closed_until", "2026-04-01T00:00:00"), ("reason", "March is audited."))
REASON = (("reason", "Asked for."),)
NEW_PERSON = (
    *REASON,
    *(("email", "nina.new@nordwind.example"), ("first_name", "Nina"), ("last_name", "Berg")),
    *(("role", "EMPLOYEE"), ("team", "")),
)
SURE = (*REASON, ("amount", "700"), ("effective", "NOW"), ("seen", proof_of(Decimal(700), "NOW")))
MODE = (*REASON, ("enforcement", "WARN"), ("buffer_amount", "0"), ("buffer_percent", "0"))
NEW_BUDGET = (
    *REASON,
    ("total_amount", "5"),
    ("period_type", "WEEKLY"),
    ("enforcement", "BLOCK"),
    ("buffer_percent", "0"),
    ("rollover", "NONE"),
)
TEMPLATE = (*REASON, ("name", "Meals"), ("amount", "5"), *NEW_BUDGET[2:])
NEW_TEMPLATE = (*TEMPLATE, ("currency", "EUR"))
NEW_LIMIT = (*REASON, ("window", "DAILY"), ("limited_type", "ANY"), ("covers", "ONE"), ("max_amount", "5"))
IMPORTS = Import.objects.all()
BUTTONS: dict[tuple[str, str], Button] = {
    ("compliance.user", "suspend"): Button("user.changed", _user("suspend")),
    ("compliance.user", "activate"): Button("user.changed", _user("activate"), _lock_user),
    ("compliance.user", "log_out_everywhere"): Button("user.sessions_ended", _user("log_out_everywhere")),
    ("compliance.user", "name_deputy"): Button("deputy.named", _own_page, form=_boss_as_deputy),
    ("compliance.user", "change_role"): Button(
        "user.changed", _user("change_role"), form=(*REASON, ("role", "AUDITOR"), ("team", "")), by=_access
    ),
    ("compliance.user", "administer_access"): Button("user.changed", _user("administer_access"), by=_access),
    ("compliance.user", "withdraw_access"): Button(
        "user.changed", _user("withdraw_access"), _administrator, by=_access
    ),
    ("compliance.user", "new_person"): Button("user.created", lambda _: f"{USERS}new_person/", form=NEW_PERSON),
    ("compliance.deputy", "end"): Button("deputy.ended", _of(DEPUTIES, "end"), _deputy),
    ("compliance.serviceaccount", "new_service_account"): Button(
        "service_account.created",
        lambda _: "/admin/compliance/serviceaccount/new_service_account/",
        form=(*REASON, ("name", "Payroll"), ("scopes", "users:read")),
    ),
    ("compliance.serviceaccount", "renew_secret"): Button(
        "service_account.secret_renewed", _of(PROGRAMS, "renew_secret"), _program("ACTIVE")
    ),
    ("compliance.serviceaccount", "activate"): Button(
        "service_account.status_changed", _of(PROGRAMS, "activate"), _program("SUSPENDED")
    ),
    ("compliance.serviceaccount", "suspend"): Button(
        "service_account.status_changed", _of(PROGRAMS, "suspend"), _program("ACTIVE")
    ),
    ("compliance.user", "reset_second_factor"): Button(
        "user.second_factor_reset", _user("reset_second_factor"), _give_app
    ),
    ("wallets.wallet", "freeze"): Button(STATUS, _wallet("freeze")),
    ("wallets.wallet", "suspend"): Button(STATUS, _wallet("suspend")),
    ("wallets.wallet", "reactivate"): Button(STATUS, _wallet("reactivate"), _suspend_wallet),
    ("wallets.wallet", "close"): Button(STATUS, lambda world: f"{WALLETS}{world.payee.id}/close/"),
    ("wallets.wallet", "close_with_sweep"): Button(STATUS, _wallet("close_with_sweep"), _released),
    ("wallets.wallet", "adjust"): Button(ASKED, _wallet("adjust"), _colleague, _adjustment),
    ("wallets.approval", "approve"): Button("approval.approved", _of(APPROVALS, "approve"), _asked_by(_colleague)),
    ("wallets.approval", "reject"): Button("approval.rejected", _of(APPROVALS, "reject"), _asked_by(_colleague)),
    ("wallets.approval", "withdraw"): Button("approval.withdrawn", _of(APPROVALS, "withdraw"), _asked_by(_frida)),
    ("wallets.approval", "approve_several"): Button(
        "approval.approved", lambda _: "/admin/wallets/approval/approve_several/", _asked_by(_colleague), _several
    ),
    ("wallets.approvalrule", "new_rule"): Button(
        ASKED, lambda _: "/admin/wallets/approvalrule/new_rule/", _colleague, lambda _: _set_rule(new_id())
    ),
    ("wallets.approvalrule", "change_rule"): Button(
        ASKED, _of(RULES, "change_rule"), _simple_rule, lambda _: _set_rule(RULES.latest("id").id)
    ),
    ("wallets.approvalrule", "switch_off"): Button(ASKED, _of(RULES, "switch_off"), _rule),
    ("wallets.approvalrule", "switch_on"): Button(ASKED, _of(RULES, "switch_on"), _resting_rule),
    ("wallets.wallet", "add_note"): Button(
        "wallet.note_added", _wallet("add_note"), form=(("text", "The phone is at the desk."),)
    ),
    ("wallets.walletnote", "erase"): Button("wallet.note_erased", _of(NOTES, "erase"), _noted),
    ("wallets.wallet", "break_lock"): Button("wallet.lock_broken", _wallet("break_lock"), _hold),
    ("ledger.transaction", "refund"): Button(EVENT, _deposit("refund"), form=(*MONEY, ("amount", "1"))),
    ("ledger.transaction", "reverse"): Button(EVENT, _deposit("reverse"), form=MONEY),
    ("ledger.reservation", "release"): Button(EVENT, _held("release"), _reserve, form=MONEY),
    ("ledger.reservation", "capture"): Button("wallet.hold_captured", _held("capture"), _reserve, form=MONEY),
    ("ledger.reservation", "extend"): Button(
        "wallet.hold_extended", _held("extend"), _reserve, form=(*MONEY, ("hours", "48"))
    ),
    ("ledger.outboxmessage", "send_again"): Button("outbox.resent", _of(FAILED, "send_again"), _dead_letter),
    ("ledger.outboxmessage", "skip"): Button("outbox.skipped", _of(FAILED, "skip"), _dead_letter),
    ("ledger.inboxevent", "retry"): Button("inbox.retried", _of(PARKED, "retry"), _parked),
    ("ledger.inboxevent", "ignore"): Button("inbox.ignored", _of(PARKED, "ignore"), _parked),
    ("wallets.import", "ask"): Button("approval.requested", _of(IMPORTS, "ask"), _import),
    ("wallets.import", "discard"): Button("import.discarded", _of(IMPORTS, "discard"), _import),
    ("wallets.statementpack", "pack"): Button(
        "statement_pack.requested", lambda _: "/admin/wallets/statementpack/pack/", form=(*REASON, ("month", "2026-01"))
    ),
    ("wallets.notification", "read_all"): Button(READ, lambda _: f"{NEWS}read_all/", _tell, form=()),
    ("wallets.notification", "mark_as_read"): Button(
        READ, _of(Notification.objects.all(), "mark_as_read"), _tell, form=()
    ),
    ("wallets.webhookendpoint", "disable"): Button("webhook_endpoint.disabled", _of(ENDPOINTS, "disable"), _endpoint),
    ("wallets.webhookdelivery", "resend"): Button("webhook_delivery.resent", _of(DELIVERIES, "resend"), _delivery),
    ("wallets.webhookdelivery", "skip"): Button("webhook_delivery.skipped", _of(DELIVERIES, "skip"), _delivery),
    ("ledger.closing", "close_books"): Button("books.closed", lambda _: f"{CLOSINGS}close_books/", form=APRIL),
    ("budgets.budget", "new_budget"): Button(
        "budget.created", lambda _: "/admin/budgets/budget/new_budget/", form=NEW_BUDGET
    ),
    ("wallets.wallet", "new_budget"): Button("budget.created", _wallet("new_budget"), form=NEW_BUDGET),
    ("wallets.wallet", "new_limit"): Button("limit.created", _wallet("new_limit"), form=NEW_LIMIT),
    ("budgets.budget", "change_amount"): Button("budget.changed", _of(BUDGETS, "change_amount"), _budget, form=SURE),
    ("budgets.budget", "change_mode"): Button("budget.changed", _of(BUDGETS, "change_mode"), _budget, form=MODE),
    ("budgets.budget", "copy_on"): Button("budget.changed", _of(BUDGETS, "copy_on"), _raised_budget),
    ("budgets.budget", "suspend"): Button("budget.changed", _of(BUDGETS, "suspend"), _budget),
    ("budgets.budget", "reactivate"): Button("budget.changed", _of(BUDGETS, "reactivate"), _suspended_budget),
    ("budgets.budget", "end"): Button(
        "budget.changed", _of(BUDGETS, "end"), _budget, form=(*REASON, ("last_day", "2099-12-31"))
    ),
    ("budgets.budget", "move"): Button("budget.moved", _of(BUDGETS, "move"), _two_budgets, form=_to_the_other),
    ("budgets.limit", "change_figures"): Button(
        "limit.changed", _of(LIMITS, "change_figures"), _limit, form=(*REASON, ("max_amount", "7"))
    ),
    ("budgets.limit", "end"): Button("limit.ended", _of(LIMITS, "end"), _limit),
    ("budgets.budgetrequest", "approve"): Button("budget_request.approved", _of(REQUESTS, "approve"), _request),
    ("budgets.budgetrequest", "reject"): Button("budget_request.rejected", _of(REQUESTS, "reject"), _request),
    ("budgets.budgettemplate", "new_template"): Button(
        "budget_template.created", lambda _: "/admin/budgets/budgettemplate/new_template/", form=NEW_TEMPLATE
    ),
    ("budgets.budgettemplate", "change_template"): Button(
        "budget_template.changed", _of(TEMPLATES, "change_template"), _template, form=TEMPLATE
    ),
    ("budgets.budgettemplate", "deactivate"): Button(
        "budget_template.changed", _of(TEMPLATES, "deactivate"), _template
    ),
    ("budgets.budgettemplate", "activate"): Button(
        "budget_template.changed", _of(TEMPLATES, "activate"), _resting_template
    ),
}
