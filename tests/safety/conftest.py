from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.safety.arena import Arena, Ground, new_arena, new_ground


@pytest.fixture(scope="session")
def ground(django_db_blocker: DjangoDbBlocker) -> Iterator[Ground]:
    """The database that arenas are copied from."""
    with django_db_blocker.unblock(), new_ground() as ground:
        yield ground


@pytest.fixture
def arena(ground: Ground, django_db_blocker: DjangoDbBlocker) -> Iterator[Arena]:
    """A database of this test alone, which the service is connected to."""
    with django_db_blocker.unblock(), new_arena(ground) as arena:
        yield arena
