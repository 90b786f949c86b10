"""Tokens and signatures that we never made, each over the whole way in: every one is refused, none is an error of ours
(rows 29 and 48)."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

import jwt
from django.conf import settings
from django.db import close_old_connections
from rest_framework.test import APIClient
from standardwebhooks import Webhook

from tests.compliance.clients import tokens_of
from tests.compliance.factories import make_cast
from tests.compliance.services.test_tokens import BAD_CLAIMS, ODD_ALGORITHMS, ODD_HEADERS, ODD_PAYLOADS, signed
from tests.safety.parts import Outcome
from tests.wallets.services.test_webhook_signatures import mutated

PATH = "/v1/me"
TOKENS, WEBHOOKS = 500, 10_000
ALPHABET = "ABCDEFabcdef0123456789-_.!=~ \n\x00é"
Forge = Callable[[str, Random], str]


def _key() -> str:
    key: str = settings.JWT_SIGNING_KEYS[0]
    return key


def _payload(good: str) -> dict[str, Any]:
    payload: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    return payload


def wrong_claims(good: str, random: Random) -> str:
    """Rightly signed, with a flaw or several."""
    payload = _payload(good)
    for _, changes in random.sample(BAD_CLAIMS, random.choice((1, 1, 2))):
        payload |= changes
    return signed({name: value for name, value in payload.items() if value is not ...}, key=_key())


def another_person(good: str, random: Random) -> str:
    """What a token says of its holder decides nothing: it has to be what the session says."""
    changed = {"role": "FINANCE", "sub": _uuid(random), "company_id": _uuid(random), "sid": _uuid(random)}
    name = random.choice(sorted(changed))
    return signed({**_payload(good), name: changed[name]}, key=_key())


def _uuid(random: Random) -> str:
    digits = f"{random.getrandbits(128):032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def another_key(good: str, random: Random) -> str:
    keys = (
        "",
        "secret",
        _key()[:-1],
        _key() + "x",
        _key().upper(),
        settings.SECRET_KEY,
        f"{random.getrandbits(256):x}",
    )
    return signed(_payload(good), key=random.choice(keys))


def another_algorithm(good: str, random: Random) -> str:
    algorithm = random.choice(("HS384", "HS512", *ODD_ALGORITHMS))
    if algorithm in ("HS384", "HS512"):
        return signed(_payload(good), key=_key(), algorithm=algorithm)
    return signed(_payload(good), key=_key(), headers={"alg": algorithm})


def no_signature(good: str, random: Random) -> str:
    name = random.choice(("none", "None", "NONE", "nOnE", "HS256"))
    head = base64.urlsafe_b64encode(json.dumps({"alg": name, "typ": "JWT"}).encode()).rstrip(b"=").decode()
    body, signature = good.split(".")[1], random.choice(("", "AA", good.split(".")[2]))
    return f"{head}.{body}.{signature}"


def odd_headers(good: str, random: Random) -> str:
    """Of these, those with an unknown `kid` would be accepted rightly: it decides nothing. They get another flaw."""
    name, value = random.choice(ODD_HEADERS)
    return signed({**_payload(good), "token_type": "refresh"}, key=_key(), headers={name: value})


def odd_payload(good: str, random: Random) -> str:
    return signed(random.choice(ODD_PAYLOADS), key=_key())


def changed_text(good: str, random: Random) -> str:
    """One character another, gone, twice, or swapped with its neighbour."""
    while True:
        place = random.randrange(len(good))
        head, tail = good[:place], good[place + 1 :]
        changed = random.choice(
            (head + random.choice(ALPHABET) + tail, head + tail, head + good[place] * 2 + tail, head)
        )
        if changed.strip() != good:
            return changed


def spliced(good: str, random: Random) -> str:
    """Parts of a good token and of one that is good but for its key."""
    parts = zip(good.split("."), signed(_payload(good) | {"role": "FINANCE"}, key="x" * 40).split("."), strict=True)
    chosen = [random.choice(pair) for pair in parts]
    return ".".join(chosen) if chosen != good.split(".") else ".".join(reversed(chosen))


FORGERS: tuple[Forge, ...] = (
    wrong_claims,
    another_person,
    another_key,
    another_algorithm,
    no_signature,
    odd_headers,
    odd_payload,
    changed_text,
    spliced,
)


def forge_tokens(count: int, *, seed: int, seconds: float = float("inf")) -> Outcome:
    """Try so many tokens that we never made; the one that they are made from is good before and afterwards."""
    cast, random, found, tried = make_cast(), Random(seed), list[str](), Counter[str]()
    good = tokens_of(cast.alice).access
    deadline, said = time.monotonic() + seconds, Counter[str]()
    found += _of_the_good_one(good)
    for number in range(count):
        if time.monotonic() > deadline:
            break
        forge = FORGERS[number % len(FORGERS)]
        token = forge(good, random)
        status, code = _ask(token)
        tried[forge.__name__] += 1
        said[f"{status} {code}"] += 1
        if status != 401:
            found.append(f"{forge.__name__} number {number}: {status} {code}")
    found += _of_the_good_one(good)
    return Outcome({f"tokens: {name}": tried[name] for name in (f.__name__ for f in FORGERS)}, found, [str(dict(said))])


def _ask(token: str) -> tuple[int, str]:
    close_old_connections()
    answer: Any = APIClient(SERVER_NAME="localhost").get(PATH, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json().get("code", "") if answer.status_code >= 300 else ""


def _of_the_good_one(good: str) -> Iterator[str]:
    """So that what is refused is refused for its flaw."""
    status, code = _ask(good)
    if status != 200:
        yield f"the token that all are made from: {status} {code}"


def forge_webhooks(count: int, *, seed: int) -> Outcome:
    """Change what we have signed: whoever verifies as the standard says, notices. (We send webhooks and receive none;
    what others tell us comes with a token.)"""
    random, refused = Random(seed), 0
    webhook = Webhook(f"whsec_{base64.b64encode(random.randbytes(32)).decode()}")
    body, headers = b'{"id": "1", "type": "WalletCreated", "data": {"amount": "12.50"}}', _signed_headers(webhook)
    webhook.verify(body, headers(body))
    for _ in range(count):
        changed = mutated(body, headers(body), random)
        try:
            webhook.verify(*changed)
        except Exception:  # noqa: BLE001 - the library says no in several ways
            refused += 1
    found = [] if refused == count else [f"{count - refused} forged webhooks were accepted"]
    return Outcome({"webhook signatures": count}, found)


def _signed_headers(webhook: Webhook) -> Callable[[bytes], dict[str, str]]:
    def headers(body: bytes) -> dict[str, str]:
        now = datetime.now(UTC)
        signature = webhook.sign("message-1", now, body.decode())
        return {
            "webhook-id": "message-1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature,
        }

    return headers
