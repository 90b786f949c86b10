"""docs/proof.md says what docs/proof.json says, and parts that were in vain are called so."""

from __future__ import annotations

from tests.safety.page import PAGE, last_result, page_of
from tests.safety.parts import Outcome
from tests.safety.result import PartResult, Result, result_from


def test_the_page_is_written_from_the_figures() -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of(last_result())


def test_the_kept_run_was_good() -> None:
    kept = last_result()
    assert kept is None or (kept.parts and all(part.outcome.is_good for part in kept.parts))


def test_a_run_can_be_kept() -> None:
    part = PartResult(
        "canaries", Outcome({"faults put in": 2}, [], ["a lock is gone | I6", "a key is taken | I10"]), 61
    )
    result = Result("2026-01-01", "abc", 1, 1, [part])
    assert result_from(result.as_text()) == result
    page = page_of(result)
    assert "2026-01-01, commit abc, seed 1, 1 minutes." in page
    assert "| canaries | 1.0 | 2 faults put in | nothing |" in page
    assert "| a lock is gone | I6 |" in page
    assert "None is kept yet" in page_of(None)


def test_what_was_never_tried_is_void() -> None:
    void = Outcome({"kills": 0, "wishes": 7}, [])
    assert (void.is_void, void.is_good, void.never_fired) == (True, False, ["kills"])
    assert Outcome({}, []).is_void
    result = Result("2026-01-01", "abc", 1, 1, [PartResult("kills", void, 60), PartResult("bad", _bad(), 60)])
    page = page_of(result)
    assert "**void**: never fired: kills" in page
    assert "**1**: I1: a cent / is missing" in page


def _bad() -> Outcome:
    return Outcome({"wishes": 7}, ["I1: a cent | is missing"])
