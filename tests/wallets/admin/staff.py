"""Members of staff at the back office, and what they press."""

from __future__ import annotations

from html import unescape
from typing import Any
from uuid import UUID

from django.test import Client

from compliance.core.origin import Origin
from compliance.models import User
from tests.compliance.desk import take_seat
from wallets.models import Wallet, WalletNote
from wallets.services.wallet_notes import add_note

WALLETS = "/admin/wallets/wallet/"


def at_desk(user: User, *, checks_csrf: bool = False) -> Client:
    """A browser in which somebody has logged in; how one logs in is tested in `tests/compliance/admin`."""
    client = Client(enforce_csrf_checks=checks_csrf)
    take_seat(client, user)
    return client


def page(client: Client, path: str) -> str:
    """The text of a page, which must be there."""
    response = client.get(path)
    assert response.status_code == 200, (path, response.status_code)
    return response.content.decode()


def wallet_path(wallet: Wallet | UUID, name: str = "change") -> str:
    return f"{WALLETS}{wallet.id if isinstance(wallet, Wallet) else wallet}/{name}/"


def press(client: Client, wallet: Wallet | UUID, button: str, reason: str = "Asked for.") -> Any:
    """Send a button's dialog."""
    return client.post(wallet_path(wallet, button), {"reason": reason, "_form_submitted": "True"})


def write_down(wallet: Wallet, *, by: User, text: str = "The phone is at the desk.") -> WalletNote:
    """A note on a wallet."""
    return add_note(caller=by, wallet=wallet, text=text, origin=Origin(actor_id=by.id, actor_role=by.role))


def told(client: Client) -> list[str]:
    """What the next page tells about what was done, without the table of gates under a refusal."""
    response: Any = client.get("/admin/")
    return [unescape(str(message).partition("<table")[0]).strip() for message in response.context["messages"]]
