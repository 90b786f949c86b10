from __future__ import annotations

import pytest

from tests.scenarios.books import Books
from tests.scenarios.clock import Clock, clock
from tests.scenarios.nordwind import Nordwind

__all__ = ["clock"]  # a fixture for all


@pytest.fixture
def books(db: None) -> Books:
    return Books()


@pytest.fixture
def nordwind(clock: Clock) -> Nordwind:
    return Nordwind(clock)
