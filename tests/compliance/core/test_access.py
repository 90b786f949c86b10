from __future__ import annotations

import pytest

from compliance.core.access import ADMIN_ROLES, changeable_fields, may_view_app, may_view_model, reason_to_look

PROFILE = {"first_name", "last_name", "phone", "timezone", "language"}
FINANCE = PROFILE | {"status", "team_id"}
COMPLIANCE = {"status", "kyc_status", "risk_level"}


@pytest.mark.parametrize(
    ("role", "of_oneself", "of_others"),
    [
        ("EMPLOYEE", PROFILE, set()),
        ("MANAGER", PROFILE, set()),
        ("FINANCE", PROFILE, FINANCE),
        ("COMPLIANCE", PROFILE, COMPLIANCE),
        ("AUDITOR", set(), set()),
        ("SYSTEM", set(), set()),
        ("NOBODY", PROFILE, set()),
    ],
)
def test_who_changes_what(role: str, of_oneself: set[str], of_others: set[str]) -> None:
    assert changeable_fields(role, of_oneself=True) == of_oneself
    assert changeable_fields(role, of_oneself=False) == of_others


@pytest.mark.parametrize("role", ["EMPLOYEE", "SYSTEM", "NOBODY"])
def test_the_back_office_shows_nothing_to_others(role: str) -> None:
    assert not any(may_view_app(role, app) for app in ("compliance", "wallets", "ledger", "budgets"))
    assert not may_view_model(role, "compliance", "user")


@pytest.mark.parametrize("role", ["MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR"])
def test_staff_sees_the_product_but_not_the_machinery(role: str) -> None:
    assert may_view_model(role, "compliance", "user")
    assert may_view_model(role, "wallets", "wallet")
    assert not may_view_model(role, "sessions", "session")
    assert not may_view_model(role, "auth", "group")


@pytest.mark.parametrize(
    ("model", "roles"),
    [
        ("serviceaccount", {"FINANCE", "COMPLIANCE", "AUDITOR"}),
        ("loginsession", {"FINANCE", "COMPLIANCE", "AUDITOR"}),
        ("auditrecord", {"MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR"}),
        ("dataaccesslog", {"COMPLIANCE", "AUDITOR"}),
    ],
)
def test_some_of_it_is_for_fewer(model: str, roles: set[str]) -> None:
    assert {role for role in ADMIN_ROLES if may_view_model(role, "compliance", model)} == roles


@pytest.mark.parametrize("role", ["MANAGER", "FINANCE", "COMPLIANCE", "AUDITOR", "SYSTEM"])
def test_everybody_who_sees_others_has_a_reason(role: str) -> None:
    assert reason_to_look(role)


def test_the_seals_of_all_companies_are_for_those_who_see_a_whole_one() -> None:
    assert {role for role in ADMIN_ROLES if may_view_model(role, "ledger", "seal")} == ADMIN_ROLES - {"MANAGER"}
    assert {role for role in ADMIN_ROLES if may_view_model(role, "ledger", "recordseal")} == ADMIN_ROLES - {"MANAGER"}
