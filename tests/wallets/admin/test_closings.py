"""Closing the books at the desk: finance, by a dialog, and never by a link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from ledger.models import Closing
from tests.compliance.factories import make_cast
from tests.wallets.admin.staff import at_desk, page, told
from tests.wallets.scene import Scene

LIST, BUTTON = "/admin/ledger/closing/", "/admin/ledger/closing/close_books/"
APRIL = {"closed_until": "2026-04-01T00:00:00", "reason": "March is audited.", "_form_submitted": "True"}


def closings(scene: Scene) -> list[Closing]:
    return list(Closing.objects.filter(company_id=scene.cast.company.id))


def press(client: Client, **changes: str) -> Any:
    return client.post(BUTTON, {**APRIL, **changes})


def test_finance_closes_them_and_everybody_of_the_company_sees_it(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    assert f'hx-get="{BUTTON}"' in page(client, LIST)
    assert press(client).headers["HX-Redirect"] == LIST
    assert told(client) == ["The books are closed until 2026-04-01 00:00:00 UTC."]
    (closing,) = closings(scene)
    assert (closing.closed_until, closing.reason) == (datetime(2026, 4, 1, tzinfo=UTC), "March is audited.")
    assert (closing.actor_type, closing.actor_id) == ("FINANCE", scene.cast.frida.id)
    for name in ("frida", "conny", "audrey"):
        desk = at_desk(getattr(scene.cast, name))
        assert "March is audited." in page(desk, LIST)
        assert "2026-04-01 00:00:00" in page(desk, f"{LIST}{closing.id}/change/")
    assert "March is audited." not in page(at_desk(make_cast().frida), LIST)
    assert at_desk(make_cast().frida).get(f"{LIST}{closing.id}/change/").status_code == 404


@pytest.mark.parametrize("name", ["bob", "conny", "audrey"])
def test_nobody_else_does(scene: Scene, name: str) -> None:
    client = at_desk(getattr(scene.cast, name))
    assert press(client).status_code == 403
    assert client.get(BUTTON).status_code == 403
    assert closings(scene) == []
    if name != "bob":
        assert BUTTON not in page(client, LIST)


def test_looking_at_the_dialog_changes_nothing(scene: Scene) -> None:
    client = at_desk(scene.cast.frida)
    response = client.get(BUTTON, APRIL)
    assert b'id="dialog-form"' in response.content
    assert b'type="datetime-local"' in response.content
    assert closings(scene) == []


@pytest.mark.parametrize(
    "changes", [{"closed_until": ""}, {"closed_until": "soon"}, {"reason": ""}, {"reason": "x" * 501}]
)
def test_the_form_needs_both(scene: Scene, changes: dict[str, str]) -> None:
    assert "HX-Redirect" not in press(at_desk(scene.cast.frida), **changes).headers
    assert closings(scene) == []


def test_the_form_needs_its_token(scene: Scene) -> None:
    assert press(at_desk(scene.cast.frida, checks_csrf=True)).status_code == 403
    assert closings(scene) == []


@pytest.mark.parametrize(
    ("until", "answer"),
    [
        ("2199-01-01T00:00", "Books are closed up to a moment that is over."),
        ("2026-03-01T00:00", "The books are closed until later than that already."),
    ],
)
def test_a_no_is_told_in_words(scene: Scene, until: str, answer: str) -> None:
    client = at_desk(scene.cast.frida)
    press(client)
    told(client)
    press(client, closed_until=until)
    assert told(client) == [answer]
    assert len(closings(scene)) == 1
