"""Said once, referred to everywhere: the examples of problems and the headers of answers. Without it the document is
several times as long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

PROBLEM_JSON = "application/problem+json"


def share(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of drf-spectacular. Fills `components.examples` and `components.headers`."""
    examples: dict[str, Any] = {}
    headers: dict[str, Any] = {}
    for answer in _answers(result):
        problems = answer.get("content", {}).get(PROBLEM_JSON)
        if problems:
            shown = {example["value"]["code"]: example for example in problems["examples"].values()}
            problems["examples"] = _shared(shown, examples, "examples")
        if "headers" in answer:
            answer["headers"] = _shared(answer["headers"], headers, "headers")
    result["components"] |= {"examples": dict(sorted(examples.items())), "headers": dict(sorted(headers.items()))}
    return result


def _answers(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in result["paths"].values():
        for operation in item.values():
            yield from operation["responses"].values()


def _shared(parts: dict[str, Any], collected: dict[str, Any], kind: str) -> dict[str, Any]:
    collected.update(parts)
    return {name: {"$ref": f"#/components/{kind}/{name}"} for name in parts}
