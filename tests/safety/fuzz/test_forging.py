"""Five hundred tokens and ten thousand signatures that we never made, and one refresh token that eight use at once."""

from __future__ import annotations

import pytest

from tests.safety.fuzz.forging import TOKENS, WEBHOOKS, forge_tokens, forge_webhooks
from tests.safety.fuzz.refreshing import race

SEED, ROUNDS = 48, 10


@pytest.mark.usefixtures("committed_db")
def test_forged_tokens_are_refused_over_the_whole_way_in() -> None:
    outcome = forge_tokens(TOKENS, seed=SEED)
    assert outcome.found == []
    assert outcome.is_good
    assert sum(outcome.injected.values()) == TOKENS


def test_changed_webhooks_are_noticed() -> None:
    assert forge_webhooks(WEBHOOKS, seed=SEED).found == []


@pytest.mark.usefixtures("committed_db")
def test_of_many_refreshes_at_once_at_most_one_wins() -> None:
    outcome = race(ROUNDS)
    assert outcome.found == []
    assert outcome.injected == {"refresh races": ROUNDS}
