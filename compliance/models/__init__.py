"""People and what is recorded about them. Personal data lives here and in no other app (ADR 0001)."""

from typing import TypeAlias

from compliance.models.audit_record import AuditRecord
from compliance.models.company import Company
from compliance.models.data_access import DataAccessLog
from compliance.models.login_failure import LoginFailure
from compliance.models.login_session import LoginSession, SessionEnding
from compliance.models.service_account import ServiceAccount, ServiceAccountStatus
from compliance.models.team import Team
from compliance.models.user import KycStatus, RiskLevel, Role, User, UserStatus

Caller: TypeAlias = User | ServiceAccount
"""Whoever may be behind a request."""

__all__ = [
    "AuditRecord",
    "Caller",
    "Company",
    "DataAccessLog",
    "KycStatus",
    "LoginFailure",
    "LoginSession",
    "RiskLevel",
    "Role",
    "ServiceAccount",
    "ServiceAccountStatus",
    "SessionEnding",
    "Team",
    "User",
    "UserStatus",
]
