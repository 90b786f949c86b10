from __future__ import annotations

import pytest

from tests.scenarios.books import Books


@pytest.fixture
def books(db: None) -> Books:
    return Books()
