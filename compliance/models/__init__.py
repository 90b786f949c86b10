"""People and what is recorded about them. Personal data lives here and in no other app (ADR 0001)."""

from typing import TypeAlias

from compliance.models.audit_record import AuditRecord
from compliance.models.company import Company
from compliance.models.data_access import DataAccessLog
from compliance.models.deputy import Deputy
from compliance.models.login_failure import LoginFailure
from compliance.models.login_session import Channel, LoginSession, SessionEnding
from compliance.models.second_factor import RecoveryCode, SecondFactor
from compliance.models.service_account import ServiceAccount, ServiceAccountStatus
from compliance.models.team import Team
from compliance.models.user import KycStatus, RiskLevel, Role, User, UserStatus

Caller: TypeAlias = User | ServiceAccount
"""Whoever may be behind a request."""

__all__ = [
    "AuditRecord",
    "Caller",
    "Channel",
    "Company",
    "DataAccessLog",
    "Deputy",
    "KycStatus",
    "LoginFailure",
    "LoginSession",
    "RecoveryCode",
    "RiskLevel",
    "Role",
    "SecondFactor",
    "ServiceAccount",
    "ServiceAccountStatus",
    "SessionEnding",
    "Team",
    "User",
    "UserStatus",
]
