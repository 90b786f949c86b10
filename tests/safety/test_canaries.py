"""A proof that cannot fail proves nothing: each fault, put into the service, is noticed by what should notice it."""

from __future__ import annotations

import pytest

from tests.safety.arena import Arena
from tests.safety.canaries.bugs import CANARIES
from tests.safety.canaries.canary import Canary
from tests.safety.canaries.run import let_loose


@pytest.mark.parametrize("canary", CANARIES, ids=lambda canary: canary.name)
def test_a_canary_is_caught(arena: Arena, canary: Canary) -> None:
    catch = let_loose(arena, canary)
    assert catch.is_caught, f"{catch.invariants}: {catch.words[:5]}"


def test_there_are_enough_canaries_with_names_of_their_own() -> None:
    assert len({canary.name for canary in CANARIES}) == len(CANARIES) >= 40
