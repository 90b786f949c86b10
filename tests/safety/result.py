"""The figures of a run, kept as JSON so that the page can always be written anew from them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.safety.parts import Outcome


@dataclass(frozen=True, slots=True)
class PartResult:
    name: str
    outcome: Outcome
    seconds: float


@dataclass(slots=True)
class Result:
    """
    Attributes:
        minutes: how long it was asked to take.
    """

    date: str
    commit: str
    seed: int
    minutes: float
    parts: list[PartResult] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """How long it really took."""
        return sum(part.seconds for part in self.parts)

    def as_text(self) -> str:
        content = asdict(self)
        for part in content["parts"]:
            part["seconds"] = round(part["seconds"], 1)
        return json.dumps(content, indent=1) + "\n"


def result_from(text: str) -> Result:
    content: dict[str, Any] = json.loads(text)
    parts = [PartResult(part["name"], Outcome(**part["outcome"]), part["seconds"]) for part in content.pop("parts")]
    return Result(**content, parts=parts)
