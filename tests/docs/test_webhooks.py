"""The receiver in docs/webhooks.md works as printed."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django import Settings

from tests.compliance.factories import make_cast
from tests.docs.pages import blocks, read
from tests.wallets.receiver import receiver
from tests.wallets.webhooks import make_endpoint, ping, send_all
from wallets.core.webhook_retries import MOST_ATTEMPTS


@pytest.mark.django_db
def test_the_receiver_verifies_what_is_sent(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_TARGETS = True
    cast = make_cast()
    with receiver() as there:
        made = make_endpoint(cast.frida, there.url)
        delivery = ping(cast.frida, made.endpoint)
        send_all()
    (request,) = there.received
    (printed,) = blocks(read("docs/webhooks.md"), "python")
    remembered: list[str] = []
    names: dict[str, Any] = {"remember_once": lambda id, event: remembered.append(id)}
    exec(printed.replace("whsec_…", made.secret), names)  # noqa: S102 - the page's own lines
    assert names["receive"](request.body, request.headers) == 204
    assert names["receive"](request.body + b" ", request.headers) == 401
    assert names["receive"](request.body, {**request.headers, "webhook-signature": "nothing"}) == 401
    assert remembered == [str(delivery.message_id)]


def test_the_table_has_every_attempt() -> None:
    header = next(line for line in read("docs/webhooks.md").splitlines() if line.startswith("| attempt |"))
    assert header.split(" | ")[-1].strip(" |") == str(MOST_ATTEMPTS)
