"""docs/proof.md says what docs/proof.json says, and parts that were in vain are called so."""

from __future__ import annotations

from tests.safety.page import PAGE, RESULT, page_of
from tests.safety.parts import Outcome
from tests.safety.result import PartResult, Result, result_from


def test_the_page_is_written_from_the_figures() -> None:
    text = RESULT.read_text(encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page_of(result_from(text))
    assert result_from(text).as_text() == text


def test_the_page_shows_a_good_run() -> None:
    result = result_from(RESULT.read_text(encoding="utf-8"))
    assert result.parts
    assert all(part.outcome.is_good for part in result.parts)


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
