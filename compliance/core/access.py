"""Which role may do what to people: plain tables, so that a reader and a test can see all of it at once. What is not
about people alone stands in `compliance.core.roles`."""

from __future__ import annotations

from compliance.core.roles import roles_with

SERVICE_SCOPES = frozenset(
    {
        "users:read",
        "users:write",
        "wallets:read",
        "wallets:write",
        "transfers:write",
        "bookings:write",
        "budgets:read",
        "budgets:write",
        "events:read",
        "events:write",
        "ledger:backdate",
        "ledger:read",
        "webhooks:write",
    }
)

ADMIN_ROLES = roles_with("team.see")
"""Who may enter the back office. Employees may not, unless they administer access."""
ACCESS_SCREENS = frozenset({"user", "team", "company", "deputy", "serviceaccount", "loginsession"})
"""What these see there: people and programs, nothing that is theirs."""

DEPUTY_ROLES = roles_with("deputies.name")
"""Who decides over other people's things, and so has a deputy and stands in for others: neither employees, who decide
over nobody's, nor auditors, who change nothing."""

_PRODUCT_APPS = frozenset({"compliance", "budgets", "wallets"})
_VIEWABLE_APPS = {
    "MANAGER": _PRODUCT_APPS | {"ledger"},
    "FINANCE": _PRODUCT_APPS | {"ledger", "django_celery_beat"},
    "COMPLIANCE": _PRODUCT_APPS | {"ledger"},
    "AUDITOR": _PRODUCT_APPS | {"ledger", "django_celery_beat"},
}


_COMPANY_ROLES = roles_with("seals.see")
_NARROWER = {
    ("compliance", "serviceaccount"): roles_with("programs.prepare"),
    ("compliance", "loginsession"): _COMPANY_ROLES,
    ("ledger", "closing"): roles_with("books.see"),
    ("ledger", "inboxevent"): _COMPANY_ROLES,
    # Seals and jobs are of the whole installation: no part of them is a team's.
    ("ledger", "seal"): _COMPANY_ROLES,
    ("ledger", "recordseal"): _COMPANY_ROLES,
    ("ledger", "jobrun"): _COMPANY_ROLES,
    ("wallets", "webhookendpoint"): roles_with("webhooks.see"),
    ("wallets", "webhookdelivery"): roles_with("webhooks.see"),
    ("wallets", "notificationemail"): _COMPANY_ROLES,
    ("wallets", "approvalrule"): _COMPANY_ROLES,
    ("compliance", "auditrecord"): roles_with("audit.see"),
    ("wallets", "import"): roles_with("imports.ask"),
    # What watches the watchers is read by those who inspect, not by those who run things.
    ("compliance", "dataaccesslog"): roles_with("looks.see"),
}


def may_view_app(role: str, app_label: str) -> bool:
    """Whether a role sees anything of an app in the back office."""
    return app_label in _VIEWABLE_APPS.get(role, frozenset())


def may_view_model(role: str, app_label: str, model: str) -> bool:
    """Whether a role sees a model's screens; which rows it sees there is for the selectors to say.

    Args:
        model: the model's name in lower case.
    """
    return may_view_app(role, app_label) and role in _NARROWER.get((app_label, model), ADMIN_ROLES)


PROFILE_FIELDS = frozenset({"first_name", "last_name", "phone", "timezone", "language"})
ACCESS_FIELDS = frozenset({"role", "status", "team_id"})
"""What who decides over access changes of others."""
CHECK_FIELDS = frozenset({"status", "kyc_status", "risk_level"})

_OF_OTHERS = {
    "FINANCE": PROFILE_FIELDS | {"status", "team_id"},
    "COMPLIANCE": CHECK_FIELDS,
}
_READ_ONLY_ROLES = frozenset({"AUDITOR", "SYSTEM"})


def changeable_fields(role: str, *, of_oneself: bool) -> frozenset[str]:
    """The fields of a user that a caller may change by his role; who decides over access, `ACCESS_FIELDS` besides.

    Nobody changes his own role, status, team or checks, whatever his role: access is given by somebody else.
    """
    if role in _READ_ONLY_ROLES:
        return frozenset()
    return PROFILE_FIELDS if of_oneself else _OF_OTHERS.get(role, frozenset())


_REASONS = {
    "EMPLOYEE": "administers access in the company",
    "MANAGER": "manages the team",
    "FINANCE": "finance of the company",
    "COMPLIANCE": "compliance of the company",
    "AUDITOR": "audit of the company",
    "SYSTEM": "service account of the company",
}


def reason_to_look(role: str) -> str:
    """What gives a role the right to see somebody else's personal data, as access records say it (R189)."""
    return _REASONS[role]
