"""I22, I23: what clients saw fits one order of all that happened, and nobody saw the past.

As Elle does it: the changes of each account are a list that only grows, so whoever read it tells where in the order he
stood. Every change must come after the one before it, every read between two changes, and whatever began after
something else had been answered, after that. A circle of such "afters" is a history that no order explains.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise
from uuid import UUID

from tests.safety.checker.books import Books
from tests.safety.checker.rows import Command, Event
from tests.safety.checker.violation import Violation
from tests.safety.history import Exchange, History, Known

Node = Hashable


@dataclass(slots=True)
class Graph:
    after: dict[Node, dict[Node, str]] = field(default_factory=dict)

    def add(self, earlier: Node, later: Node, why: str) -> None:
        if earlier != later:
            self.after.setdefault(earlier, {})[later] = why
            self.after.setdefault(later, {})

    def circles(self) -> Iterator[list[Node]]:
        """Every strongly connected part of two nodes or more."""
        search = _Search(self.after)
        for root in self.after:
            if root not in search.numbers:
                yield from search.parts_from(root)


@dataclass(slots=True)
class _Search:
    """Tarjan's, without recursion: a history is deeper than the stack."""

    after: dict[Node, dict[Node, str]]
    numbers: dict[Node, int] = field(default_factory=dict)
    low: dict[Node, int] = field(default_factory=dict)
    path: list[Node] = field(default_factory=list)
    on_path: set[Node] = field(default_factory=set)

    def parts_from(self, root: Node) -> Iterator[list[Node]]:
        work = [(root, self._enter(root))]
        while work:
            node, others = work[-1]
            new = next((other for other in others if self._is_new(node, other)), None)
            if new is not None:
                work.append((new, self._enter(new)))
                continue
            work.pop()
            if work:
                above = work[-1][0]
                self.low[above] = min(self.low[above], self.low[node])
            if self.low[node] == self.numbers[node]:
                part = _cut(self.path, node)
                self.on_path.difference_update(part)
                if len(part) > 1:
                    yield part

    def _enter(self, node: Node) -> Iterator[Node]:
        self.numbers[node] = self.low[node] = len(self.numbers)
        self.path.append(node)
        self.on_path.add(node)
        return iter(self.after[node])

    def _is_new(self, node: Node, other: Node) -> bool:
        if other in self.on_path:
            self.low[node] = min(self.low[node], self.numbers[other])
        return other not in self.numbers


def _cut(path: list[Node], node: Node) -> list[Node]:
    part: list[Node] = []
    while not part or part[-1] != node:
        part.append(path.pop())
    return part


@dataclass(frozen=True, slots=True)
class Interval:
    """Something that began to be wished at one instant and was answered at a later one, if it was."""

    node: Node
    sent: int
    answered: int | None


def serializable(books: Books, history: History) -> Iterator[Violation]:
    """I22: there is one order of all that fits what was stored, what was read, and when."""
    graph = Graph()
    intervals: list[Interval] = []
    nodes = _nodes(books, history, intervals)
    for lines in books.lines_of_account.values():
        numbered = [line for line in lines if line.account_seq is not None]
        for earlier, later in pairwise(numbered):
            graph.add(nodes.get(earlier.event_id, earlier.event_id), nodes.get(later.event_id, later.event_id), "ww")
    versions = {wallet: _versions(books, wallet) for wallet in history.opening}
    for wallet, events in versions.items():
        for event, next_one in pairwise(events):
            graph.add(nodes.get(event.id, event.id), nodes.get(next_one.id, next_one.id), f"ww on {wallet}")
    for read in history.reads():
        _place(graph, read, versions, nodes, intervals)
    _in_real_time(graph, intervals)
    for circle in graph.circles():
        named = [_name(node) for node in circle if not _is_moment(node)]
        yield Violation("I22", f"no order explains {len(named)} operations: {', '.join(sorted(named)[:6])}")


def _nodes(books: Books, history: History, intervals: list[Interval]) -> dict[UUID, Node]:
    """What each event was, by the wish that it granted; and when that wish was there."""
    nodes: dict[UUID, Node] = {}
    for (scope, key), attempts in history.by_key().items():
        answered = [one.answered for one in attempts if one.known in (Known.DONE, Known.REFUSED)]
        found = books.commands_of_key.get((scope, key), [])
        if not found or found[0].outcome != "ACCEPTED":
            continue
        node = (scope, key)
        intervals.append(Interval(node, attempts[0].sent, min(answered, default=None)))
        nodes |= {event.id: node for event in books.events_of_command.get(found[0].id, [])}
    return nodes


def _versions(books: Books, wallet: UUID) -> list[Event]:
    """What happened to a wallet, in the order in which it was told."""
    told = books.messages_of.get(wallet, [])
    return [books.event[message.event_id] for message in told if message.event_id in books.event]


def _place(
    graph: Graph,
    read: Exchange,
    versions: dict[UUID, list[Event]],
    nodes: dict[UUID, Node],
    intervals: list[Interval],
) -> None:
    """A read comes after the change whose figures it shows, and before the next one."""
    wallet, node = read.wish.source, ("read", read.sent, id(read))
    events = versions.get(wallet, []) if wallet is not None else []
    version = int(read.content["version"])
    if 0 < version <= len(events):
        seen = events[version - 1]
        graph.add(nodes.get(seen.id, seen.id), node, "wr")
    if version < len(events):
        unseen = events[version]
        graph.add(node, nodes.get(unseen.id, unseen.id), "rw")
    intervals.append(Interval(node, read.sent, read.answered))


def _in_real_time(graph: Graph, intervals: list[Interval]) -> None:
    """Whatever was answered before something else was sent comes before it. A chain of moments carries that, so that
    there are as many edges as operations instead of their square."""
    answered = [(one.answered, one.node) for one in intervals if one.answered is not None]
    ends = sorted(answered, key=lambda end: end[0])
    moments = [("moment", instant, place) for place, (instant, _) in enumerate(ends)]
    for (_, node), moment in zip(ends, moments, strict=True):
        graph.add(node, moment, "time")
    for earlier, later in pairwise(moments):
        graph.add(earlier, later, "time")
    place = -1
    for one in sorted(intervals, key=lambda interval: interval.sent):
        while place + 1 < len(ends) and ends[place + 1][0] < one.sent:
            place += 1
        if place >= 0:
            graph.add(moments[place], one.node, "time")


def _is_moment(node: Node) -> bool:
    return isinstance(node, tuple) and node[0] == "moment"


def _name(node: Node) -> str:
    return " ".join(map(str, node[:2])) if isinstance(node, tuple) else str(node)


def reads(books: Books, history: History) -> Iterator[Violation]:
    """I23: every figure that was shown once stood there: all buckets of one and the same version."""
    figures = {wallet: _figures(books, wallet) for wallet in history.opening}
    for read in history.reads():
        wallet = read.wish.source
        shown = tuple(Decimal(read.content[bucket]) for bucket in ("available", "reserved", "pending"))
        version = int(read.content["version"])
        stood = figures.get(wallet, []) if wallet is not None else []
        if not 0 <= version < len(stood):
            yield Violation("I23", f"wallet {wallet} was shown at version {version} of {len(stood) - 1}")
        elif shown != stood[version]:
            yield Violation("I23", f"wallet {wallet} at {version} was shown as {shown}, it was {stood[version]}")
    yield from _own_figures(books, history)


def _figures(books: Books, wallet: UUID) -> list[tuple[Decimal, ...]]:
    """Available, reserved and pending after each of a wallet's events."""
    now = {bucket: Decimal(0) for bucket in ("AVAILABLE", "RESERVED", "PENDING")}
    stood = [tuple(now.values())]
    for event in _versions(books, wallet):
        for bucket in now:
            now[bucket] += books.moved(event, bucket, wallet)
        stood.append(tuple(now.values()))
    return stood


def _own_figures(books: Books, history: History) -> Iterator[Violation]:
    """What a transfer's answer says that is left is what was left right after it."""
    for (scope, key), attempts in history.by_key().items():
        told = [one for one in attempts if one.known is Known.DONE and "from_balance" in one.content]
        for command in books.commands_of_key.get((scope, key), [])[:1] if told else []:
            left = _left_after(books, command, told[0].wish.source)
            if Decimal(told[0].content["from_balance"]) not in left:
                yield Violation(
                    "I23", f"{told[0].name} was told that {told[0].content['from_balance']} is left: {left}"
                )


def _left_after(books: Books, command: Command, wallet: UUID | None) -> list[Decimal | None]:
    account = None if wallet is None else books.wallet(wallet)
    lines = [line for event in books.events_of_command.get(command.id, []) for line in books.lines_of_event[event.id]]
    return [line.balance_after for line in lines if account is not None and line.account_id == account.id]
