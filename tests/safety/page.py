"""docs/proof.md, written from the figures of the last run and from nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tests.safety.result import PartResult, Result, result_from

DOCS = Path(__file__).parents[2] / "docs"
CANARIES = "canaries"
PAGE, RESULT = DOCS / "proof.md", DOCS / "proof.json"

HEAD = """# Proof

What was done to the ledger on purpose, how often, and what was found. `make proof` does it all again in about an hour,
`make soak MINUTES=720` for as long as is said; both write this page and a JSON file beside it, and end with an error
when anything was wrong. No figure here was typed by hand.

Who judges does not know the service: `tests/safety/checker` reads the tables by plain SQL, sets them beside what
clients were answered, and asks a model of its own, in plain arithmetic (`tests/safety/model.py`). It imports nothing
of the service, which a test sees to. A part that injected nothing, or in which next to nothing was granted or refused,
is void and counts as a failure.
"""

PEERS = """## Beside what others publish

| | what they say of their own tests |
|---|---|
| TigerBeetle | simulator of clock, network and disk on 1,024 cores, about 20 fuzzers, a canary that has to fail |
| Jepsen on TigerBeetle | 7 crashes and 2 safety issues found; otherwise strong serializability held |
| Formance | one stress run: 500 transactions, 20 workers, each reverted twice; about 392 Go tests and 282 of ginkgo |
| Blnk | 512 seeds of at most 512 operations in memory; 100 callers commit one hold |
| Midaz | about 86 chaos functions, 47 fuzz targets, each tens to hundreds of operations, no check of a history |
| here | the figures above |

None of them publishes a check of whole histories against an independent model together with a proof that the check can
fail; volumes like TigerBeetle's are out of reach of one machine.
"""

INVARIANTS = """## What has to hold

I1 all postings of a currency add up to nothing. I2 each movement is whole, in one currency, and is what its document
says. I3 each balance is the sum of its postings. I4 nobody is below zero; what is reserved is what open holds keep.
I5 amounts are amounts. I6 each account's figures follow from one another, in order of time. I7 history only grows, and
the database refuses anything else. I8 a hold gives out what it held, once, in time; a refund never more than was paid.
I9 what is spent of a budget is what was paid under it. I10 a key has one effect. I11 it has one answer, byte for byte.
I12 what was refused moved nothing. I13 what was answered is stored. I14 what was begun is whole or not there. I15
nothing is stored that nobody asked for. I16 all money is there that clients know of. I17 every change is told, and on
record, once. I18 in order. I19 what others tell has one effect; what is published is heard. I20 whoever replays all
events gets the same figures. I22 one order explains everything that was seen. I23 nobody saw what never was. I24 the
model decides the same. I25 nothing is left behind. I27 nobody is answered 5xx while nothing is broken. I30 the run was
not in vain. I31 every canary is noticed. I21, the seals, has a command and tests of its own (docs/sealing.md).
"""


NO_RUN = "## The last run\n\nNone is kept yet: `make proof` writes its figures here.\n"


def page_of(result: Result | None) -> str:
    """The page for a run; None = there was none yet."""
    figures = [NO_RUN] if result is None else [*_figures(result)]
    canaries = [] if result is None else [*_canaries(result)]
    return "\n".join([HEAD, *figures, INVARIANTS, *canaries, PEERS.rstrip()]) + "\n"


def last_result() -> Result | None:
    """What is kept of the last run whose page was written."""
    return result_from(RESULT.read_text(encoding="utf-8")) if RESULT.exists() else None


def _figures(result: Result) -> Iterator[str]:
    minutes = result.seconds / 60
    yield f"## The last run\n\n{result.date}, commit {result.commit}, seed {result.seed}, {minutes:.0f} minutes.\n"
    yield "| part | minutes | what was tried | found |\n|---|---:|---|---|"
    for part in result.parts:
        tried = "<br>".join(f"{times:,} {what}" for what, times in part.outcome.injected.items())
        yield f"| {part.name} | {part.seconds / 60:.1f} | {tried} | {_found(part)} |"
    yield ""
    for part in result.parts:
        if part.outcome.notes and part.name != CANARIES:
            yield f"{part.name[0].upper()}{part.name[1:]}: {'; '.join(part.outcome.notes)}.\n"


def _found(part: PartResult) -> str:
    if part.outcome.is_void:
        return "**void**: never fired: " + ", ".join(part.outcome.never_fired)
    if part.outcome.is_good:
        return "nothing"
    return f"**{len(part.outcome.found)}**: " + "<br>".join(words.replace("|", "/") for words in part.outcome.found[:5])


def _canaries(result: Result) -> Iterator[str]:
    noted = [note for part in result.parts if part.name == CANARIES for note in part.outcome.notes]
    if not noted:
        return
    yield "## Canaries\n\nFaults that were put into the service, one at a time, and what noticed each.\n"
    yield "| fault | noticed by |\n|---|---|"
    yield from (f"| {note} |" for note in noted)
    yield ""
