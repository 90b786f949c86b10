from __future__ import annotations

import pytest

from compliance.models import User
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.scene import give_wallet
from wallets.models import Wallet


@pytest.fixture
def berliner(db: None) -> Wallet:
    """An empty wallet in a company whose days begin at midnight in Berlin."""
    company = CompanyFactory(timezone="Europe/Berlin")
    owner: User = UserFactory(company=company)
    return give_wallet(owner)
