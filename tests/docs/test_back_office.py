"""The managers' guide shows the roles as the code has them."""

from __future__ import annotations

import re

from compliance.core.roles import CAPABILITIES, PEOPLE
from tests.docs.pages import read


def told() -> dict[str, list[str]]:
    """The lines of the table "Who may do what": the title of each, and its cells."""
    _, _, rest = read("docs/back-office.md").partition("## Who may do what")
    lines = re.findall(r"^\| (.+?) \|$", rest.partition("\n## ")[0], re.MULTILINE)
    rows = [line.split(" | ") for line in lines[1:] if not line.startswith("---")]
    return {title: cells for title, *cells in rows}


def test_who_may_do_what_is_what_the_code_says() -> None:
    known = {
        capability.title: [
            *(", ".join(sorted(capability.rights[role])) or "–" for role in PEOPLE),
            "–" if capability.scope is None else f"`{capability.scope}`",
        ]
        for capability in CAPABILITIES.values()
    }
    assert told() == known
