"""The admin's own forms, with the rules of the interface's log-in."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.forms import AdminOwnPasswordChangeForm, AuthenticationForm, BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from compliance.core.origin import Origin
from compliance.errors import InvalidCredentials
from compliance.models import User
from compliance.services.credentials import verify_user
from compliance.services.passwords import set_password
from ledger.errors import RateLimited


class LogInForm(AuthenticationForm):  # type: ignore[misc]  # Unfold is untyped
    def clean(self) -> dict[str, Any]:
        """Django's check of the credentials, which our backend throttles."""
        try:
            cleaned: dict[str, Any] = super().clean()
        except RateLimited as error:
            raise _too_often(error) from None
        return cleaned


class OwnPasswordForm(AdminOwnPasswordChangeForm):  # type: ignore[misc]  # Unfold is untyped
    """Changing one's own password. The old one cannot be guessed at any faster than at a log-in."""

    def __init__(self, user: User, *args: Any, origin: Origin, **kwargs: Any) -> None:
        super().__init__(user, *args, **kwargs)
        self.origin = origin

    def clean_old_password(self) -> str:
        password: str = self.cleaned_data["old_password"]
        try:
            verify_user(email=self.user.email, password=password, address=self.origin.ip_address)
        except RateLimited as error:
            raise _too_often(error) from None
        except InvalidCredentials:
            raise ValidationError("This is not your password.", code="password_incorrect") from None
        return password

    def save(self, commit: bool = True) -> User:
        changed = set_password(
            user_id=self.user.id,
            password=self.cleaned_data["new_password1"],
            origin=self.origin,
            keep=self.origin.session_id,
        )
        # From these, Django renews the session that the form was sent in; all others end.
        self.user.password, self.user.token_version = changed.password, changed.token_version
        return changed


class ReasonForm(BaseDialogForm):  # type: ignore[misc]  # Unfold is untyped
    """Asks why; the answer is kept in the audit trail."""

    reason = forms.CharField(max_length=500, widget=UnfoldAdminTextareaWidget({"rows": 4}))


def _too_often(error: RateLimited) -> ValidationError:
    minutes = -(-error.retry_after_seconds // 60)
    return ValidationError(f"Too many failed log-ins. Try again in {minutes} min.", code="rate_limited")
