"""The back office logs in by the same rules as the interface."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from compliance.api.origin import client_address
from compliance.errors import InvalidCredentials
from compliance.models import User
from compliance.services.credentials import verify_user


class PasswordBackend(BaseBackend):
    """`django.contrib.auth.authenticate` with the throttle of `verify_user`."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> User | None:
        """Raises RateLimited: the form that calls tells the person."""
        if username is None or password is None:
            return None
        address = None if request is None else client_address(request)
        try:
            return verify_user(email=username, password=password, address=address)
        except InvalidCredentials:
            return None

    def get_user(self, user_id: UUID) -> User | None:
        """Asked at every request, so a suspended user is out at once."""
        user = User.objects.filter(pk=user_id).first()
        return user if user is not None and user.is_active else None
