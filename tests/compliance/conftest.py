from __future__ import annotations

import pytest

from compliance.models import User
from tests.compliance.factories import Cast, make_cast


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast()


@pytest.fixture
def alice(cast: Cast) -> User:
    return cast.alice
