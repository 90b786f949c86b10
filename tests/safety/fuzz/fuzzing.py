"""Odd requests to the real web server: every answer is one that is declared, and what was sent lies nowhere afterwards
that it may not (rows 42–46, I27–I29)."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from random import Random
from typing import Any

from django.db import connections

from tests.api.routes import api_routes
from tests.api.server import Answer, WebServer, exchange
from tests.api.test_schema_fuzz import World, make_world
from tests.compliance.factories import PASSWORD as LOG_IN_PASSWORD
from tests.compliance.factories import SECRET
from tests.safety.fuzz.requests import PASSWORD, Maker, Wish
from tests.safety.fuzz.scanning import own_secrets, scan
from tests.safety.parts import Outcome
from walletsite.codes import CODES

PROBLEM, MIB, GROWTH_MIB, CLIENTS = "application/problem+json", 1024 * 1024, 100, 3
WARM_UP = 60
UNLIMITED = {f"RATE_LIMIT_PER_{who}": "100000000" for who in ("WALLET", "PERSON", "SERVICE")}


@dataclass
class Judge:
    """Looks at answers."""

    kinds: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)

    def look(self, wish: Wish, answer: Answer) -> None:
        self.kinds[wish.kind] += 1
        self.statuses[answer.status] += 1
        if fault := fault_of(wish, answer):
            self.found[f"{wish.kind}: {fault}"] += 1


def fault_of(wish: Wish, answer: Answer) -> str | None:
    """What is wrong with an answer."""
    if answer.status == 0:
        return "no answer" if wish.is_http else None
    if answer.status >= 500:
        return f"{answer.status}: {answer.body[:200]!r} to {wish.data[:200]!r}"
    if b"Traceback" in answer.body:
        return "a stack trace"
    if answer.status < 400 or not (wish.is_http or answer.body):
        return None
    if answer.headers.get("content-type") != PROBLEM:
        return f"{answer.status} is no problem document but {answer.headers.get('content-type')}: {wish.data[:200]!r}"
    told = json.loads(answer.body)
    declared = CODES.get(told["code"])
    if declared is None or declared.status != answer.status:
        return f"{answer.status} with code {told['code']}"
    return None


def fuzz(
    count: int,
    *,
    seed: int,
    folder: Path,
    environment: Mapping[str, str],
    owner_url: str,
    seconds: float = float("inf"),
) -> Outcome:
    """Send so many, then look through what is kept.

    Args:
        folder: for the server's log.
        environment: with which the server runs; the default connection leads to the same database.
        owner_url: of somebody who may read every table of it.
    """
    world, judge = make_world(), Judge()
    connections.close_all()
    server = WebServer(folder / "web.log", {**environment, **UNLIMITED})
    try:
        server.start()
        _send(WARM_UP, server, world, Judge(), f"{seed}-first", time.monotonic() + seconds)
        before = server.memory()
        shares, deadline = count // CLIENTS, time.monotonic() + seconds
        with ThreadPoolExecutor(CLIENTS) as pool:
            sent = [pool.submit(_send, shares, server, world, judge, f"{seed}-{n}", deadline) for n in range(CLIENTS)]
            for share in sent:
                share.result()
        growth = (server.memory() - before) // MIB
        is_ready = server.get("/ready") == 200
    finally:
        server.stop()
    found = [f"{times} x {what}" for what, times in judge.found.items()]
    found += [] if growth < GROWTH_MIB else [f"the server holds {growth} MiB more than before"]
    found += [] if is_ready else ["the server is not ready any more"]
    found += _of_the_log(server.log)
    secrets = [*own_secrets(), *world.tokens.values(), PASSWORD, LOG_IN_PASSWORD, SECRET]
    looked, leaks = scan(secrets, logs=[server.log], database_url=owner_url)
    injected = {f"fuzz: {kind}": times for kind, times in judge.kinds.items()}
    notes = [f"statuses {dict(sorted(judge.statuses.items()))}; {growth} MiB more; lines scanned {looked}"]
    return Outcome({**injected, **{f"scanned: {kind}": n for kind, n in looked.items()}}, [*found, *leaks], notes)


def _send(count: int, server: WebServer, world: World, judge: Judge, seed: str, deadline: float) -> None:
    maker = Maker(Random(seed), world.tokens["FINANCE"], world.things, _good_bodies(world))
    for _ in range(count):
        if time.monotonic() > deadline:
            break
        wish = maker.next()
        judge.look(wish, _exchange(server.port, wish))


def _exchange(port: int, wish: Wish) -> Answer:
    """What is no answer in HTTP is none."""
    try:
        return exchange(port, wish.data, method=wish.method)
    except (OSError, HTTPException):
        return Answer(0, {}, b"")


def _good_bodies(world: World) -> list[dict[str, Any]]:
    """The examples of the document, with ids of things that are there."""
    bodies = [deepcopy(route.operation.body_example) for route in api_routes()]
    good = [body for body in bodies if isinstance(body, dict) and body]
    for body in good:
        body.update({name: world.things[name][0] for name in body if world.things.get(name)})
    return good


def _of_the_log(log: Path) -> list[str]:
    text = log.read_text("utf-8", "replace")
    found = [f"the log tells of {word}" for word in ("unexpected_error", "database_error") if word in text]
    # Django tells of hosts that are not ours with a stack.
    if text.count("Traceback") != text.count("DisallowedHost: "):
        found.append("the log holds a stack trace")
    return found
