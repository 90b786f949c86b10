"""Companies, their teams, and the programs that act for them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db.models import F
from django.db.transaction import atomic

from compliance.core.access import SERVICE_SCOPES
from compliance.core.origin import Origin
from compliance.models import Company, ServiceAccount, ServiceAccountStatus, Team, User
from compliance.services.audit import record_change
from ledger.errors import InvalidInput


def create_company(
    *, name: str, origin: Origin, timezone: str = "UTC", week_start: int = 1, currency: str = "EUR"
) -> Company:
    """Create a company.

    Args:
        timezone: IANA zone whose midnight ends its days. week_start: 1 Monday … 7 Sunday.
        currency: asset code that new wallets start with.
    """
    with atomic():
        company = Company.objects.create(name=name, timezone=timezone, week_start=week_start, currency=currency)
        record_change(origin=origin, entity=company, event_type="company.created", after={"name": name})
    return company


def create_team(*, company_id: UUID, name: str, origin: Origin) -> Team:
    """Create a team. Its name is unique in the company, in any spelling."""
    with atomic():
        team = Team.objects.create(company_id=company_id, name=name)
        record_change(origin=origin, entity=team, event_type="team.created", after={"name": name})
    return team


def create_service_account(
    *,
    company_id: UUID,
    name: str,
    scopes: Iterable[str],
    origin: Origin,
    prepared_by: User | None = None,
    reason: str = "",
) -> tuple[ServiceAccount, str]:
    """Create a log-in for another program.

    Args:
        prepared_by: who is shown the secret in the back office; then it sleeps until somebody else puts it to work.
            None = the installation makes it, and it works at once.

    Returns:
        The account and its secret of 256 bits, which is not kept and cannot be shown again.

    Raises:
        InvalidInput: a scope that does not exist.
    """
    names = sorted(set(scopes))
    if unknown := set(names) - SERVICE_SCOPES:
        raise InvalidInput(f"No such scope: {', '.join(sorted(unknown))}.", pointer="/scopes")
    secret = secrets.token_urlsafe(32)
    with atomic():
        account = ServiceAccount.objects.create(
            company_id=company_id,
            name=name,
            client_id=f"svc-{secrets.token_hex(8)}",
            secret_hash=make_password(secret),
            scope_names=names,
            prepared_by=prepared_by,
            status=ServiceAccountStatus.SUSPENDED if prepared_by else ServiceAccountStatus.ACTIVE,
        )
        record_change(
            origin=origin,
            entity=account,
            event_type="service_account.created",
            after={"scopes": names, "status": account.status},
            reason=reason,
        )
    return account, secret


def renew_service_secret(*, account_id: UUID, origin: Origin, prepared_by: User | None = None, reason: str = "") -> str:
    """Give a service account a new secret of 256 bits, shown only here, and end all of its log-ins.

    Args:
        prepared_by: as in `create_service_account`.
    """
    secret = secrets.token_urlsafe(32)
    changes: dict[str, Any] = {"secret_hash": make_password(secret), "token_version": F("token_version") + 1}
    if prepared_by is not None:
        changes |= {"prepared_by": prepared_by, "status": ServiceAccountStatus.SUSPENDED}
    with atomic():
        ServiceAccount.objects.filter(id=account_id).update(**changes)
        account = ServiceAccount.objects.get(id=account_id)
        record_change(origin=origin, entity=account, event_type="service_account.secret_renewed", reason=reason)
    return secret
