"""A clock that is wrong for chosen processes only, and can be turned while they run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import jwt
from django.conf import settings

from compliance.models import LoginSession
from compliance.services.tokens import ALGORITHM
from ledger.selectors.clock import DatabaseClock
from tests.chaos.stage import Tokens

DAY = 86_400


@dataclass
class Clock:
    """What processes believe that start with its environment.

    Attributes:
        file: says how wrong it is; read at every look at the clock.
    """

    SKEWS: ClassVar[tuple[int, ...]] = (0, 3 * DAY, -3 * DAY, 20, -20)
    file: Path
    skew: int = 0

    def environment(self) -> dict[str, str]:
        self.jump(0)
        return {
            "LD_PRELOAD": str(_library()),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            # Clocks that only measure how long something took do not jump, whatever the date is.
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
        }

    def jump(self, skew: int) -> None:
        """At once, for all of them."""
        unfinished = self.file.with_suffix(".new")
        unfinished.write_text(f"{skew:+d}\n")
        unfinished.replace(self.file)
        self.skew = skew


def _library() -> Path:
    spec = find_spec("libfaketime")
    assert spec is not None
    assert spec.origin is not None
    return next(Path(spec.origin).parent.rglob("libfaketime.so*"))


@dataclass
class ShiftedTokens:
    """Tokens that a server whose clock is wrong takes for fresh; their log-in lives for long enough."""

    inner: Tokens
    clock: Clock

    def __call__(self) -> str:
        key: str = settings.JWT_SIGNING_KEYS[0]
        payload: dict[str, Any] = jwt.decode(self.inner(), options={"verify_signature": False})
        for name in ("iat", "nbf", "exp"):
            payload[name] += self.clock.skew
        return jwt.encode(payload, key, algorithm=ALGORITHM)


def let_log_ins_live(days: int, of: Callable[[], str]) -> None:
    """Make the log-in of a token live longer, by the clock of the database."""
    session = jwt.decode(of(), options={"verify_signature": False})["sid"]
    LoginSession.objects.filter(id=session).update(expires_at=DatabaseClock() + timedelta(days=days))
