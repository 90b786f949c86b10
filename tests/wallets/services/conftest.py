from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.compliance.factories import Cast, make_cast
from tests.wallets.receiver import Receiver, receiver
from tests.wallets.webhooks import make_endpoint
from wallets.services.webhooks.endpoints import WithSecret


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    settings.WEBHOOK_ALLOW_PRIVATE_TARGETS = True
    return make_cast()


@pytest.fixture
def own(cast: Cast) -> WithSecret:
    return make_endpoint(cast.frida)


@pytest.fixture
def listener(cast: Cast) -> Iterator[tuple[Receiver, WithSecret]]:
    with receiver() as there:
        yield there, make_endpoint(cast.frida, there.url)
