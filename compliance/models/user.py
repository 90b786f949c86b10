from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.crypto import salted_hmac

from compliance.core.access import ACCESS_SCREENS, ADMIN_ROLES, may_view_app, may_view_model
from compliance.models.company import Company
from compliance.models.team import Team
from ledger.ids import new_id


class Role(models.TextChoices):
    EMPLOYEE = "EMPLOYEE"
    MANAGER = "MANAGER"
    FINANCE = "FINANCE"
    COMPLIANCE = "COMPLIANCE"
    AUDITOR = "AUDITOR"


class UserStatus(models.TextChoices):
    """R228. Only ACTIVE may log in. LOCKED is set by too many failed log-ins, SUSPENDED by people."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    LOCKED = "LOCKED"
    PENDING_VERIFICATION = "PENDING_VERIFICATION"


class KycStatus(models.TextChoices):
    PENDING = "PENDING"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"


class RiskLevel(models.TextChoices):
    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser):
    """A person who has a wallet, looks after wallets, or both.

    `version` counts the changes that the interface shows (ETag). `token_version` counts the events after which
    nobody who logged in earlier may go on: every session remembers the count of its log-in (SECURITY.md).
    """

    NEVER_DELETED = True

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="users", db_index=False)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="members", null=True, blank=True)
    email = models.EmailField(max_length=254)
    phone = models.CharField(max_length=16, blank=True, help_text="E.164, such as +4930123456.")
    first_name = models.CharField(max_length=100)
    last_name = models.CharField(max_length=100)
    date_of_birth = models.DateField(null=True, blank=True)
    nationality = models.CharField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    role = models.CharField(max_length=16, choices=Role, default=Role.EMPLOYEE)
    administers_access = models.BooleanField(
        default=False, help_text="Decides who may what, and has no right over anybody's money."
    )
    status = models.CharField(max_length=24, choices=UserStatus, default=UserStatus.ACTIVE)
    kyc_status = models.CharField(max_length=16, choices=KycStatus, default=KycStatus.PENDING)
    risk_level = models.CharField(max_length=8, choices=RiskLevel, default=RiskLevel.LOW)
    timezone = models.CharField(max_length=64, blank=True, help_text="IANA zone; empty = the company's.")
    language = models.CharField(max_length=16, default="en", help_text="BCP 47.")
    currency = models.CharField(max_length=16, blank=True, help_text="Preferred asset; empty = the company's.")
    failed_login_attempts = models.PositiveIntegerField(default=0, help_text="In a row, since the last success.")
    last_active_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=1)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["first_name", "last_name"]

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            # Together they make addresses unique in any spelling, with one index.
            models.UniqueConstraint(fields=["email"], name="user_email_unique"),
            models.CheckConstraint(
                name="user_email_lower_case",
                condition=Q(email=Lower("email")) & Q(email__regex=r"^[^[:space:]@]+@[^[:space:]@]+$"),
            ),
            models.UniqueConstraint(fields=["phone"], condition=~Q(phone=""), name="user_phone_unique"),
            models.CheckConstraint(
                name="user_phone_e164", condition=Q(phone="") | Q(phone__regex=r"^\+[1-9][0-9]{6,14}$")
            ),
            models.CheckConstraint(
                name="user_nationality", condition=Q(nationality="") | Q(nationality__regex=r"^[A-Z]{2}$")
            ),
            models.CheckConstraint(
                name="user_date_of_birth",
                condition=Q(date_of_birth__isnull=True) | Q(date_of_birth__range=("1900-01-01", "2100-01-01")),
            ),
            models.CheckConstraint(name="user_role", condition=Q(role__in=Role.values)),
            # Who gives rights has none over other people's things himself (ADR 0037).
            models.CheckConstraint(
                name="user_access_apart_from_money", condition=Q(administers_access=False) | Q(role=Role.EMPLOYEE)
            ),
            # What the foreign keys of (person, company) point at.
            models.UniqueConstraint(fields=["id", "company"], name="user_and_its_company"),
            models.CheckConstraint(name="user_status", condition=Q(status__in=UserStatus.values)),
            models.CheckConstraint(name="user_kyc_status", condition=Q(kyc_status__in=KycStatus.values)),
            models.CheckConstraint(name="user_risk_level", condition=Q(risk_level__in=RiskLevel.values)),
            models.CheckConstraint(name="user_versions", condition=Q(version__gte=1, token_version__gte=1)),
        ]
        indexes = [
            models.Index(name="user_company_created", fields=["company", "created_at", "id"]),
            models.Index(name="user_last_active", fields=["last_active_at"]),
        ]

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def get_short_name(self) -> str:
        return self.first_name

    def set_password(self, raw_password: str | None) -> None:
        """A new password ends every session, whichever form or command sets it."""
        super().set_password(raw_password)
        self.token_version += 1

    def get_session_auth_hash(self) -> str:
        """Django's admin sessions end with what ends ours: the hash covers the token version too."""
        return salted_hmac(
            "compliance.user.session", f"{self.password}:{self.token_version}", algorithm="sha256"
        ).hexdigest()

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        return self.status == UserStatus.ACTIVE

    # What the policies ask of any caller, person or service account.

    @property
    def scopes(self) -> frozenset[str]:
        return frozenset()

    # What Django's admin asks. Changes go through services, so nobody holds add, change or delete.

    @property
    def is_staff(self) -> bool:
        return self.role in ADMIN_ROLES or self.administers_access

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, perm: str, obj: object = None) -> bool:
        app_label, _, codename = perm.partition(".")
        verb, _, model = codename.partition("_")
        administers = self.administers_access and app_label == "compliance" and model in ACCESS_SCREENS
        return self.is_active and verb == "view" and (administers or may_view_model(self.role, app_label, model))

    def has_module_perms(self, app_label: str) -> bool:
        administers = self.administers_access and app_label == "compliance"
        return self.is_active and (administers or may_view_app(self.role, app_label))
