"""The only place of this floor that locks.

Order, everywhere: the company, the user, then his log-in sessions, then the log-in counters.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from compliance.models import Company, LoginSession, User

_ACCOUNT_COUNTER, _NETWORK_COUNTER = 7301, 7302
"""Classes of advisory locks. They are never reused for anything else."""


def lock_user(user_id: UUID) -> None:
    """Lock a user until the end of the transaction; read the row in a new statement afterwards."""
    _lock(User.objects.filter(id=user_id).select_for_update(no_key=True))


def lock_company(company_id: UUID) -> None:
    """Lock a company likewise. Whoever only refers to it does not wait."""
    _lock(Company.objects.filter(id=company_id).select_for_update(no_key=True))


def lock_login_session(*, user_id: UUID, session_id: UUID) -> None:
    """Lock a user and one of his sessions likewise."""
    lock_user(user_id)
    _lock(LoginSession.objects.filter(id=session_id, user_id=user_id).select_for_update(no_key=True))


def lock_log_in_counters(*, account_key: str, network: str) -> None:
    """Let nobody else count a failed log-in of this account or network until the end of the transaction.

    Counters are sums over rows, so there is no row to lock. Always the account first: no cycle is possible.
    """
    assert connection.in_atomic_block, "the lock would end at once"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_ACCOUNT_COUNTER, account_key])
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_NETWORK_COUNTER, network])


def _lock(rows: QuerySet[Any]) -> None:
    list(rows.values_list("pk"))
