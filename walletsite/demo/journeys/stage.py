"""Where the journeys play: who acts, how it is told, and what must come of it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from walletsite.demo.journeys.client import Answer, Request, Sender

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{6}([0-9a-f]{6})")


class Unexpected(Exception):
    """The service did not do what the journey says; the text says what it did instead."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who is logged in. Services have no wallet."""

    name: str
    client: Sender
    wallet_id: str = ""


class Stage:
    """Tells every step, and stops the journey when an answer is not the one that it promises.

    Args:
        bookkeeper: may see all balances.
    """

    def __init__(self, console: Console, bookkeeper: Sender) -> None:
        self._console = console
        self._bookkeeper = bookkeeper

    def tell(self, text: str) -> None:
        self._console.print(f"\n{text}", highlight=False)

    def step(self, actor: Actor, does: str, request: Request, *, expect: int, **members: Any) -> Answer:
        """Send a request as an actor, tell of it, and check the answer.

        Args:
            does: what the actor does, as the rest of a sentence that starts with the name.
            expect: the status that must come.
            **members: members of the answer's body that must have these values.
        """
        self.tell(f"[bold]{actor.name}[/bold] {does}")
        self._show("→", f"{request.method} {request.path}", _text(request.body or {}))
        answer = actor.client.send(request)
        self._show("←", f"{answer.status}{' (replayed)' if answer.is_replay else ''}", _gist(answer.body))
        self.require(answer.status == expect, f"{expect} was promised, {answer.status} came: {_text(answer.body)}")
        for name, value in members.items():
            got = answer.body.get(name)
            self.require(got == value, f"{name} should be {value!r} and is {got!r}")
        return answer

    def require(self, is_so: bool, otherwise: str) -> None:
        """Stop the journey unless this is so."""
        if not is_so:
            raise Unexpected(otherwise)

    def note(self, text: str) -> None:
        """Tell what has just been found right."""
        self._console.print(f"  [green]✓[/green] {escape(text)}", highlight=False)

    @contextmanager
    def balances(self, changes: Mapping[Actor, str]) -> Iterator[None]:
        """Show balances before and after, and check that they changed by exactly these amounts."""
        before = {actor: self.balance(actor) for actor in changes}
        yield
        table = Table("Wallet of", *("Before", "After", "Change"), box=None, padding=(0, 2), header_style="dim")
        for actor, promised in changes.items():
            after = self.balance(actor)
            change = after - before[actor]
            self.require(change == Decimal(promised), f"{actor.name}: {promised} was promised, {change:+} happened")
            table.add_row(f"  {actor.name}", str(before[actor]), str(after), f"{change:+}" if change else "none")
        self._console.print(table)

    def balance(self, actor: Actor) -> Decimal:
        """What is available in an actor's wallet, read without telling."""
        answer = self._bookkeeper.send(Request("GET", f"/v1/wallets/{actor.wallet_id}/balance"))
        self.require(answer.status == 200, f"the balance of {actor.name} cannot be read: {_text(answer.body)}")
        return Decimal(answer.body["available"])

    def _show(self, arrow: str, head: str, body: str) -> None:
        """One line, as much of it as the terminal is wide; ids by their last digits."""
        line = Text(f"  {arrow} {_short_ids(head)}", style="cyan").append(f"  {_short_ids(body)}", style="dim")
        self._console.print(line, no_wrap=True, overflow="ellipsis")


def _gist(body: Mapping[str, Any]) -> str:
    """A problem by its code and sentence, anything else as it is."""
    return f"{body['code']}: {body['detail']}" if "detail" in body else _text(body)


def _text(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False) if body else ""


def _short_ids(text: str) -> str:
    return _UUID.sub(r"…\1", text)
