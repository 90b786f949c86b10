"""Settings of the back office's theme. Everything it shows comes from this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.text import format_lazy


def _may_view(permission: str, request: HttpRequest) -> bool:
    return bool(request.user.has_perm(permission))


def _is_open(path: str, request: HttpRequest, *, log: bool) -> bool:
    """Which of two entries that lead to one screen is the one that is open: the log is its tab "All"."""
    return path in request.path and (request.GET.get("whose") == "all") is log


def _static(path: str) -> Callable[[HttpRequest], str]:
    return lambda _request: static(path)


def _screen(title: str, icon: str, app: str, model: str) -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": partial(_may_view, f"{app}.view_{model}"),
    }


def _group(title: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {"title": title, "separator": True, "items": list(items)}


NAVIGATION = [
    {
        "items": [
            {"title": "Home", "icon": "home", "link": reverse_lazy("admin:index")},
            {
                **_screen("My notifications", "notifications", "wallets", "notification"),
                "badge": "wallets.admin.notifications.unread_badge",
            },
            {
                **_screen("My approvals", "fact_check", "wallets", "approval"),
                "badge": "wallets.admin.approvals.screen.waiting_badge",
                "active": partial(_is_open, "/wallets/approval/", log=False),
            },
            {"title": "My security", "icon": "shield_person", "link": reverse_lazy("desk:security")},
        ]
    },
    _group(
        "Wallets",
        _screen("Wallets", "account_balance_wallet", "wallets", "wallet"),
        _screen("Reservations", "lock_clock", "ledger", "reservation"),
        _screen("Transactions", "receipt_long", "ledger", "transaction"),
    ),
    _group(
        "Budgets",
        _screen("Budgets", "donut_large", "budgets", "budget"),
        _screen("Requests for more", "move_up", "budgets", "budgetrequest"),
        _screen("Limits", "speed", "budgets", "limit"),
        _screen("Templates", "library_add", "budgets", "budgettemplate"),
    ),
    _group(
        "Files",
        _screen("Imports", "upload_file", "wallets", "import"),
        _screen("Reports", "summarize", "wallets", "statementpack"),
    ),
    _group(
        "People",
        _screen("Users", "person", "compliance", "user"),
        _screen("Teams", "groups", "compliance", "team"),
        _screen("Deputies", "supervisor_account", "compliance", "deputy"),
        _screen("Companies", "domain", "compliance", "company"),
        _screen("Service accounts", "smart_toy", "compliance", "serviceaccount"),
        _screen("Sessions", "key", "compliance", "loginsession"),
    ),
    _group(
        "Ledger",
        _screen("Accounts", "account_balance", "ledger", "account"),
        _screen("Events", "history", "ledger", "event"),
        _screen("Postings", "swap_vert", "ledger", "posting"),
        _screen("Seals", "verified", "ledger", "seal"),
        _screen("Seals of records", "verified_user", "ledger", "recordseal"),
        _screen("Assets", "paid", "ledger", "asset"),
        _screen("Closings", "lock_clock", "ledger", "closing"),
    ),
    _group(
        "Operations",
        {
            "title": "Find an event",
            "icon": "search",
            "link": reverse_lazy("admin:find_event"),
            "permission": partial(_may_view, "ledger.view_outboxmessage"),
        },
        _screen("Outbox", "outbox", "ledger", "outboxmessage"),
        _screen("Inbox", "move_to_inbox", "ledger", "inboxevent"),
        _screen("Webhook endpoints", "webhook", "wallets", "webhookendpoint"),
        _screen("Webhook deliveries", "send", "wallets", "webhookdelivery"),
        _screen("E-mails", "mail", "wallets", "notificationemail"),
        _screen("Commands", "terminal", "ledger", "command"),
        _screen("Approval rules", "gavel", "wallets", "approvalrule"),
        {
            **_screen("Approvals log", "history_edu", "wallets", "approval"),
            "link": format_lazy("{}?whose=all", reverse_lazy("admin:wallets_approval_changelist")),
            "active": partial(_is_open, "/wallets/approval/", log=True),
        },
        _screen("Audit trail", "policy", "compliance", "auditrecord"),
        _screen("Data access", "visibility", "compliance", "dataaccesslog"),
        _screen("Job runs", "work_history", "ledger", "jobrun"),
        _screen("Regular tasks", "schedule", "django_celery_beat", "periodictask"),
    ),
]

UNFOLD = {
    "SITE_TITLE": "Wallet service",
    "SITE_HEADER": "Wallet service",
    "SITE_SUBHEADER": "Back office · times in UTC",
    "SITE_SYMBOL": "account_balance_wallet",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": _static("walletsite/icon.svg")}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "DASHBOARD_CALLBACK": "walletsite.back_office.home.home",
    "STYLES": [_static("walletsite/back_office.css")],
    "SCRIPTS": [_static("walletsite/back_office.js")],
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .014 243)",
            "100": "oklch(93.6% .031 243)",
            "200": "oklch(88.2% .059 243)",
            "300": "oklch(80.9% .101 243)",
            "400": "oklch(70.7% .142 246)",
            "500": "oklch(62.3% .166 250)",
            "600": "oklch(54.6% .170 254)",
            "700": "oklch(48.8% .150 256)",
            "800": "oklch(42.4% .123 258)",
            "900": "oklch(37.9% .095 259)",
            "950": "oklch(28.2% .070 260)",
        },
    },
    "ACCOUNT": {
        "navigation": [
            {"title": "My security", "link": reverse_lazy("desk:security")},
            {"title": "Change password", "link": reverse_lazy("admin:password_change")},
        ]
    },
    "SIDEBAR": {"show_search": False, "show_all_applications": False, "navigation": NAVIGATION},
}
