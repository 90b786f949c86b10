"""HTTP clients that are logged in as somebody."""

from __future__ import annotations

from rest_framework.test import APIClient

from compliance.models import Caller, ServiceAccount
from compliance.services.sessions import TokenPair, log_in, log_in_service
from tests.compliance.factories import PASSWORD, SECRET


def tokens_of(caller: Caller) -> TokenPair:
    """A fresh log-in of somebody whom the factories made."""
    if isinstance(caller, ServiceAccount):
        return log_in_service(client_id=caller.client_id, client_secret=SECRET, address=None, user_agent="pytest")
    return log_in(email=caller.email, password=PASSWORD, address=None, user_agent="pytest")


def api_as(caller: Caller) -> APIClient:
    """A client with an access token of a fresh log-in."""
    return api_with(tokens_of(caller).access)


def api_with(access_token: str) -> APIClient:
    client = APIClient(format="json")
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {access_token}")
    return client


def anonymous(*, address: str = "127.0.0.1") -> APIClient:
    return APIClient(REMOTE_ADDR=address)
