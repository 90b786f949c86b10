"""Every rule that a row alone can break is the database's own, by name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, models
from django.db.transaction import atomic
from django.utils import timezone

from compliance.models import (
    Company,
    DataAccessLog,
    LoginFailure,
    LoginSession,
    RecoveryCode,
    SecondFactor,
    ServiceAccount,
    Team,
    User,
)
from ledger.ids import new_id
from tests.compliance.desk import give_app
from tests.compliance.factories import Cast, TeamFactory

USER_RULES: list[tuple[str, dict[str, Any]]] = [
    ("user_email_lower_case", {"email": "Alice@nordwind.example"}),
    ("user_email_lower_case", {"email": "alice"}),
    ("user_email_lower_case", {"email": "a lice@nordwind.example"}),
    ("user_phone_e164", {"phone": "030123456"}),
    ("user_phone_e164", {"phone": "+0301234567"}),
    ("user_nationality", {"nationality": "de"}),
    ("user_date_of_birth", {"date_of_birth": date(1899, 12, 31)}),
    ("user_role", {"role": "ADMIN"}),
    ("user_status", {"status": "DELETED"}),
    ("user_kyc_status", {"kyc_status": "MAYBE"}),
    ("user_risk_level", {"risk_level": "NONE"}),
    ("user_versions", {"version": 0}),
    ("user_versions", {"token_version": 0}),
]


def breaks(rule: str, change: Callable[[], object]) -> None:
    with pytest.raises(IntegrityError) as error, atomic():
        change()
    assert error.value.__cause__.diag.constraint_name == rule  # type: ignore[union-attr]


@pytest.mark.parametrize(("rule", "changes"), USER_RULES)
def test_users(cast: Cast, rule: str, changes: dict[str, Any]) -> None:
    breaks(rule, lambda: User.objects.filter(id=cast.alice.id).update(**changes))


def test_addresses_and_phones_are_unique(cast: Cast) -> None:
    User.objects.filter(id=cast.bob.id).update(phone="+4930123456")
    alice = User.objects.filter(id=cast.alice.id)
    breaks("user_email_unique", lambda: alice.update(email=cast.bob.email))
    breaks("user_phone_unique", lambda: alice.update(phone="+4930123456"))


def test_a_team_has_members_of_its_company_only(cast: Cast) -> None:
    stranger = TeamFactory()
    breaks("user_team_of_own_company", lambda: User.objects.filter(id=cast.alice.id).update(team=stranger))


def test_companies_and_teams(cast: Cast) -> None:
    assert cast.alice.team_id is not None
    companies, teams = Company.objects.filter(id=cast.company.id), Team.objects.filter(id=cast.alice.team_id)
    breaks("company_week_start", lambda: companies.update(week_start=8))
    breaks("company_has_name", lambda: companies.update(name=""))
    breaks("team_has_name", lambda: teams.update(name=""))
    name = teams.get().name
    breaks("team_name_once_per_company", lambda: Team.objects.create(company=cast.company, name=name.upper()))


def test_service_accounts(cast: Cast) -> None:
    accounts = ServiceAccount.objects.filter(id=cast.bookings.id)
    breaks("service_account_scopes", lambda: accounts.update(scope_names=["admin"]))
    breaks("service_account_status", lambda: accounts.update(status="CLOSED"))
    breaks("service_account_has_secret", lambda: accounts.update(secret_hash=""))


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("login_session_one_holder", {"user": None}),
        ("login_session_one_holder", {"refresh_jti": None}),
        ("login_session_one_holder", {"channel": "BACK_OFFICE"}),
        ("login_session_one_holder", {"channel": "DOOR", "refresh_jti": None}),
        ("login_session_expires_later", {"expires_at": timezone.now() - timedelta(days=1)}),
        ("login_session_end_has_reason", {"revoked_at": timezone.now()}),
        ("login_session_end_has_reason", {"revoked_reason": "LOGGED_OUT"}),
        ("login_session_end_has_reason", {"revoked_at": timezone.now(), "revoked_reason": "BORED"}),
    ],
)
def test_login_sessions(cast: Cast, rule: str, changes: dict[str, Any]) -> None:
    session = LoginSession.objects.create(
        user=cast.alice, token_version=1, refresh_jti=new_id(), expires_at=timezone.now() + timedelta(days=1)
    )
    breaks(rule, lambda: LoginSession.objects.filter(id=session.id).update(**changes))


def test_a_session_has_one_holder(cast: Cast) -> None:
    both = {"user": cast.alice, "service_account": cast.bookings}
    later = timezone.now() + timedelta(days=1)
    breaks(
        "login_session_one_holder",
        lambda: LoginSession.objects.create(token_version=1, refresh_jti=new_id(), expires_at=later, **both),
    )


def test_second_factors(cast: Cast) -> None:
    code, *_ = give_app(cast.bob)
    breaks("second_factor_is_encrypted", lambda: SecondFactor.objects.update(encrypted_key="3132333435363738"))
    breaks("recovery_code_is_hashed", lambda: RecoveryCode.objects.update(code_hash=code))


def test_records(cast: Cast) -> None:
    breaks(
        "login_failure_account_is_hashed",
        lambda: LoginFailure.objects.create(account_key="alice@nordwind.example", network="unknown"),
    )
    breaks(
        "data_access_log_complete",
        lambda: DataAccessLog.objects.create(
            subject=cast.alice, actor_id=cast.bob.id, actor_role="MANAGER", fields=[], reason="x", context="y"
        ),
    )


def test_every_table_names_its_rules() -> None:
    unnamed = [
        model.__name__
        for model in (
            Company,
            Team,
            User,
            ServiceAccount,
            LoginSession,
            LoginFailure,
            DataAccessLog,
            SecondFactor,
            RecoveryCode,
        )
        if not any(isinstance(rule, models.CheckConstraint) for rule in model._meta.constraints)
    ]
    assert unnamed == []
