"""The documents of this repository, as tests read them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RECORDS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
APPS = ("ledger", "budgets", "compliance", "wallets", "walletsite")
SOURCES = sorted(path for app in (*APPS, "tests") for path in (ROOT / app).rglob("*.py"))

_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def name_of(path: Path) -> str:
    """For the ids of parametrised tests."""
    return path.relative_to(ROOT).as_posix()


def read(name: str) -> str:
    """One document, by its path from the root."""
    return (ROOT / name).read_text(encoding="utf-8")


def everything() -> str:
    """All documents in one text."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def prose(page: Path) -> str:
    """A document without its fenced blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def quoted(text: str) -> set[str]:
    """What stands in backticks."""
    return set(re.findall(r"`([^`\n]+)`", _FENCE.sub("", text)))


def anchors(page: Path) -> set[str]:
    """The anchors of a document's headings, as code hosts make them."""
    return {_anchor(heading) for heading in _HEADING.findall(prose(page))}


def _anchor(heading: str) -> str:
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.strip().replace(" ", "-")


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next one of the same or a higher level."""
    start = re.search(rf"^(#+) {re.escape(heading)}$", text, re.MULTILINE)
    assert start is not None, f"no heading {heading!r}"
    rest = text[start.end() :]
    # A comment in a fenced block looks like a heading: look for the end where there are blanks instead.
    blanked = _FENCE.sub(lambda block: " " * len(block[0]), rest)
    end = re.search(rf"^#{{1,{len(start[1])}}} ", blanked, re.MULTILINE)
    return rest[: end.start()] if end else rest


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
