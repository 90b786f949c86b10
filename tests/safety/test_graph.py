"""Circles in what came after what, found in time."""

from __future__ import annotations

from random import Random

from tests.safety.checker.graph import Graph


def test_a_circle_is_found_whole() -> None:
    graph = Graph()
    for earlier, later in ((1, 2), (2, 3), (3, 1), (3, 4), (4, 5)):
        graph.add(earlier, later, "ww")
    assert [sorted(map(str, circle)) for circle in graph.circles()] == [["1", "2", "3"]]


def test_an_order_has_no_circle() -> None:
    graph, chance = Graph(), Random(1)
    for _ in range(5_000):
        one, other = sorted(chance.sample(range(2_000), 2))
        graph.add(one, other, "ww")
    assert list(graph.circles()) == []


def test_a_deep_history_is_no_deep_stack() -> None:
    graph = Graph()
    for number in range(100_000):
        graph.add(number, number + 1, "ww")
    graph.add(100_000, 0, "time")
    (circle,) = graph.circles()
    assert len(circle) == 100_001
