from __future__ import annotations

from datetime import date

import pytest

from compliance.models import Company
from walletsite.demo import seeding
from walletsite.demo.history import Planned, plan_history
from walletsite.demo.people import FELIX, KATRIN, LOG_INS, OSKAR, PURSES
from walletsite.demo.seeding import seed_company

FEW = (*LOG_INS.values(), FELIX, KATRIN, OSKAR)
"""Those who can log in, and those whose wallets get out of order."""
THEIR_PURSES = tuple(purse for purse in PURSES if purse.owner in FEW)


def first_weeks(last_day: date) -> list[Planned]:
    """The beginning of their history: enough to see what seeding does with it."""
    theirs = [m for m in plan_history(last_day) if m.purse in THEIR_PURSES and m.receiver in (None, *THEIR_PURSES)]
    return theirs[:100]


@pytest.fixture
def small_nordwind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seeding makes a small company with a short history."""
    monkeypatch.setattr(seeding, "PEOPLE", FEW)
    monkeypatch.setattr(seeding, "PURSES", THEIR_PURSES)
    monkeypatch.setattr(seeding, "plan_history", first_weeks)
    monkeypatch.setattr(seeding, "BATCH", 40)


@pytest.fixture
def nordwind(db: None, small_nordwind: None) -> Company:
    """The small company, seeded."""
    return seed_company()
