"""The buttons of the back office, each with the trace of pressing it. A button without a row here fails the tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from budgets.models import Budget, BudgetRequest, BudgetTemplate, Limit
from budgets.services.templates import TemplateSpec, create_template
from compliance.models import User
from ledger.models import InboxEvent, OutboxMessage, Reservation
from tests.api.test_authorisation import World, wallet_of
from tests.compliance.clients import api_as
from tests.wallets.admin.staff import WALLETS
from tests.wallets.budgets import set_budget, set_limit
from tests.wallets.held import hold
from tests.wallets.holds import reserve
from tests.wallets.incoming import cancelled, take
from tests.wallets.notices import frozen
from tests.wallets.scene import set_status
from tests.wallets.webhooks import make_endpoint, ping
from wallets.admin.budget_forms import proof_of
from wallets.models import Notification, WebhookDelivery, WebhookEndpoint
from wallets.services.notifications.noting import note

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
    form: Form | Callable[[], Form] = (("reason", "Asked for."),)


def _user(name: str) -> Callable[[World], str]:
    return lambda world: f"{USERS}{world.owners['company'].id}/{name}/"


def _wallet(name: str) -> Callable[[World], str]:
    return lambda world: f"{WALLETS}{wallet_of(world.owners['company']).id}/{name}/"


def _suspend_wallet(world: World) -> None:
    set_status(wallet_of(world.owners["company"]), "SUSPENDED", by=world.people["FINANCE"])


def _lock_user(world: World) -> None:
    User.objects.filter(id=world.owners["company"].id).update(status="LOCKED")


def _hold(world: World) -> None:
    hold(wallet_of(world.owners["company"]), by=world.scene.cast.bookings)


def _deposit(name: str) -> Callable[[World], str]:
    return lambda world: f"/admin/ledger/transaction/{world.things('FINANCE', 'company').txn_id}/{name}/"


def _reserve(world: World) -> None:
    reserve(world.people["FINANCE"], wallet_of(world.owners["company"]))


def _held(world: World) -> str:
    hold = Reservation.objects.filter(wallet_id=wallet_of(world.owners["company"]).id).latest("created_at")
    return f"/admin/ledger/reservation/{hold.id}/release/"


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


def _suspended_budget(world: World) -> None:
    _budget(world)
    Budget.objects.filter(id=BUDGETS.latest("id").id).update(status="SUSPENDED")


def _two_budgets(world: World) -> None:
    """The newer one gives."""
    _budget(world)
    set_budget(world.people["FINANCE"], wallet_of(world.owners["company"]))


def _to_the_other() -> Form:
    _, receiver = BUDGETS.order_by("-id")[:2]
    return (*MONEY, ("amount", "1"), ("receiver", str(receiver.id)))


def _limit(world: World) -> None:
    set_limit(world.people["FINANCE"], world.scene, user_id=str(world.owners["company"].id))


def _request(world: World) -> None:
    """alice asks for more for her own wallet."""
    set_budget(world.people["FINANCE"], world.scene.alices)
    wanted = {"budget_id": str(BUDGETS.latest("id").id), "kind": "PERMANENT", "amount": "5", "reason": "More."}
    assert api_as(world.scene.cast.alice).post("/v1/budget-requests", wanted).status_code == 201


def _template(world: World) -> None:
    company = world.people["FINANCE"].company_id
    create_template(TemplateSpec(company_id=company, name="Old", currency="EUR", amount=Decimal(600)))


def _resting_template(world: World) -> None:
    _template(world)
    BudgetTemplate.objects.filter(id=TEMPLATES.latest("id").id).update(is_active=False)


TEMPLATES = BudgetTemplate.objects.all()
BUDGETS, LIMITS, REQUESTS = Budget.objects.all(), Limit.objects.all(), BudgetRequest.objects.all()
FAILED, PARKED = OutboxMessage.objects.filter(status="FAILED"), InboxEvent.objects.filter(status="PENDING")
ENDPOINTS, DELIVERIES = WebhookEndpoint.objects.all(), WebhookDelivery.objects.all()
MONEY = (("reason", "Asked for."), ("key", "0199d0a4-7f3e-7c1b-8a55-2f4a90b6c0c1"))
STATUS = "wallet.status_changed"
APRIL = (("closed_until", "2026-04-01T00:00:00"), ("reason", "March is audited."))
REASON = (("reason", "Asked for."),)
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
BUTTONS: dict[tuple[str, str], Button] = {
    ("compliance.user", "suspend"): Button("user.changed", _user("suspend")),
    ("compliance.user", "activate"): Button("user.changed", _user("activate"), _lock_user),
    ("compliance.user", "log_out_everywhere"): Button("user.sessions_ended", _user("log_out_everywhere")),
    ("wallets.wallet", "freeze"): Button(STATUS, _wallet("freeze")),
    ("wallets.wallet", "suspend"): Button(STATUS, _wallet("suspend")),
    ("wallets.wallet", "reactivate"): Button(STATUS, _wallet("reactivate"), _suspend_wallet),
    ("wallets.wallet", "close"): Button(STATUS, lambda world: f"{WALLETS}{world.payee.id}/close/"),
    ("wallets.wallet", "break_lock"): Button("wallet.lock_broken", _wallet("break_lock"), _hold),
    ("ledger.transaction", "refund"): Button(EVENT, _deposit("refund"), form=(*MONEY, ("amount", "1"))),
    ("ledger.transaction", "reverse"): Button(EVENT, _deposit("reverse"), form=MONEY),
    ("ledger.reservation", "release"): Button(EVENT, _held, _reserve, form=MONEY),
    ("ledger.outboxmessage", "send_again"): Button("outbox.resent", _of(FAILED, "send_again"), _dead_letter),
    ("ledger.outboxmessage", "skip"): Button("outbox.skipped", _of(FAILED, "skip"), _dead_letter),
    ("ledger.inboxevent", "retry"): Button("inbox.retried", _of(PARKED, "retry"), _parked),
    ("ledger.inboxevent", "ignore"): Button("inbox.ignored", _of(PARKED, "ignore"), _parked),
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
