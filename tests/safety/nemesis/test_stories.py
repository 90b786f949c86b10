"""Half a minute of each story that `make proof` tells for longer (rows 10 and 16 to 19)."""

from __future__ import annotations

import pytest

from tests.safety.nemesis import NotPermitted, tell

SECONDS, SEED = 10, 20261122


@pytest.mark.timeout(400)
@pytest.mark.parametrize("story", ["valkey", "clock", "disk"])
def test_money_does_not_suffer(story: str) -> None:
    try:
        outcome = tell(story, SECONDS, SEED)
    except NotPermitted as why:
        pytest.skip(f"NOT TESTED: {story}, because this machine does not permit it ({why})")
    assert outcome.found == []
    assert outcome.is_good
