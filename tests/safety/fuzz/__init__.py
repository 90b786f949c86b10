"""What nobody decent sends: odd requests, forged tokens and signatures, one refresh token used by many at once; and a
look through all that is kept for what may lie nowhere."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.safety.parts import Outcome, Part

MANY = 10**9


def _fuzz(seconds: float, seed: int) -> Outcome:
    from django.conf import settings  # models need settings, which whoever reads this list may not have yet
    from rest_framework.test import APIRequestFactory

    from tests.safety.fuzz.fuzzing import fuzz

    APIRequestFactory.default_format = "json"  # as tests/settings.py has it: the world is made with test clients
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{seed}-"))
    owner_url: str = settings.OWNER_DATABASE_URL
    return fuzz(MANY, seed=seed, folder=folder, environment={}, owner_url=owner_url, seconds=seconds)


def _forge(seconds: float, seed: int) -> Outcome:
    from tests.safety.fuzz import forging

    tokens = forging.forge_tokens(forging.TOKENS, seed=seed, seconds=seconds)
    webhooks = forging.forge_webhooks(forging.WEBHOOKS, seed=seed)
    injected = {**tokens.injected, **webhooks.injected}
    return Outcome(injected, [*tokens.found, *webhooks.found], tokens.notes)


def _race(seconds: float, seed: int) -> Outcome:
    from tests.safety.fuzz import refreshing

    return refreshing.race(refreshing.ROUNDS, seconds=seconds)


PARTS: list[Part] = [
    Part("odd requests, and a look at what is kept", _fuzz, share=2),
    Part("forged tokens and signatures", _forge, share=0.5),
    Part("refresh races", _race),
]
