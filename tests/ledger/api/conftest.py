"""Assets from memory, and a way to ask a view without a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory

from ledger.api.views import ServiceView
from ledger.errors import CurrencyUnsupported
from ledger.selectors.assets import Asset
from tests.ledger.api.example import NotesView, Person

ASSETS = {
    "EUR": Asset(code="EUR", kind="FIAT", scale=4, cash_scale=2),
    "BTC": Asset(code="BTC", kind="CRYPTO", scale=8, cash_scale=8),
}


Ask = Callable[..., Any]
SOMEBODY = Person()


@pytest.fixture(autouse=True)
def assets(monkeypatch: pytest.MonkeyPatch) -> None:
    def get_asset(code: str) -> Asset:
        if code not in ASSETS:
            raise CurrencyUnsupported(f"There is no asset {code!r} here.")
        return ASSETS[code]

    monkeypatch.setattr("ledger.api.fields.get_asset", get_asset)
    monkeypatch.setattr("ledger.api.serializers.get_asset", get_asset)


@pytest.fixture
def ask() -> Ask:
    """Send a request straight to a view, as somebody."""

    def send(
        method: str,
        path: str = "/v1/notes",
        body: Any = None,
        *,
        caller: Person | None = SOMEBODY,
        view: type[ServiceView] = NotesView,
        **extra: Any,
    ) -> Any:
        content = body if isinstance(body, bytes) else b"" if body is None else str(body).encode()
        extra = {"content_type": "application/json", **extra}
        request = RequestFactory().generic(method, path, content, **extra)
        request._force_auth_user = caller  # type: ignore[attr-defined]  # what force_authenticate does, typed for users
        response = view.as_view()(request)
        return response.render() if hasattr(response, "render") else response

    return send
