"""The letters of a PDF: which font has which, and in which pieces a text is written.

Noto Sans has Latin, Greek and Cyrillic, FiraGO besides these Hebrew, Arabic, Devanagari, Thai and Georgian; what is
used of them is embedded. Chinese, Japanese and Korean are left to fonts that the reader's computer has to have. A
letter that none of them has is shown as REPLACEMENT.
"""

from __future__ import annotations

import io
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache
from typing import Any

import pymupdf_fonts
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import ShapedStr, TTFont, shapeStr

REPLACEMENT = "\ufffd"
_JOINERS = "\u200c\u200d"
_FACES = {"Text": "notos", "Text-Bold": "notosbo", "World": "figo", "World-Bold": "figbo"}
_JAPANESE, _KOREAN, _CHINESE = "HeiseiKakuGo-W5", "HYGothic-Medium", "STSong-Light"
FONT_LOCK = threading.RLock()
"""Shaping and subsetting change what the fonts of all documents share."""


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one font. `is_shaped`: letters join, stack or go from right to left."""

    text: str
    font: str
    is_shaped: bool = False


def covered() -> dict[str, frozenset[int]]:
    """The characters of each font; whoever asks first registers them, and only he."""
    with FONT_LOCK:
        return _registered()


@cache
def _registered() -> dict[str, frozenset[int]]:
    letters: dict[str, frozenset[int]] = {}
    for name, buffer in _FACES.items():
        font = TTFont(name, io.BytesIO(pymupdf_fonts.fontbuffers[buffer]()), shapable=name.startswith("World"))
        pdfmetrics.registerFont(font)
        letters[name] = frozenset(font.face.charToGlyph)
    for name in (_JAPANESE, _KOREAN, _CHINESE):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return letters


def tidy(text: str) -> str:
    """One line without controls: characters that turn the direction of writing could make a text look like another."""
    kept = (c if c in _JOINERS or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} else " " for c in text)
    return " ".join("".join(kept).split())


def runs(text: str, *, is_bold: bool = False) -> list[Run]:
    """A tidy text in pieces, from left to right, each in a font that has its letters."""
    plain, world = ("Text-Bold", "World-Bold") if is_bold else ("Text", "World")
    letters = covered()
    if letters[plain].issuperset(map(ord, text)):
        return [Run(text, plain)] if text else []
    pieces: list[Run] = []
    for c in _shown(text, letters, plain, world):
        font = _font_of(c, text, letters, plain, world)
        last = pieces[-1] if pieces else None
        if last and last.font == font:
            pieces[-1] = Run(last.text + c, font, last.is_shaped)
        elif last and last.is_shaped and not c.isalnum() and ord(c) in letters[world]:
            pieces[-1] = Run(last.text + c, world, is_shaped=True)
        else:
            pieces.append(Run(c, font, font == world))
    return _in_reading_order([piece for run in pieces for piece in _without_edges(run, plain)])


def _shown(text: str, letters: dict[str, frozenset[int]], plain: str, world: str) -> str:
    known = letters[plain] | letters[world]
    return "".join(c if ord(c) in known or _is_east_asian(c) or c in _JOINERS else REPLACEMENT for c in text)


def _font_of(c: str, text: str, letters: dict[str, frozenset[int]], plain: str, world: str) -> str:
    if ord(c) in letters[plain]:
        return plain
    if ord(c) in letters[world] or c in _JOINERS:
        return world
    if not _is_east_asian(c):
        return plain
    if "\uac00" <= c <= "\ud7a3" or "\u1100" <= c <= "\u11ff":
        return _KOREAN
    is_japanese = any("\u3040" <= other <= "\u30ff" for other in text)
    return _JAPANESE if is_japanese else _CHINESE


def _is_east_asian(c: str) -> bool:
    """Of the basic plane, which is what these fonts' encodings reach, and wide."""
    return "\u1100" <= c <= "\uffdc" and unicodedata.east_asian_width(c) in {"W", "F"}


def _without_edges(run: Run, plain: str) -> list[Run]:
    """A shaped run gives back the blanks and signs at its end: from right to left they would land in front."""
    if not run.is_shaped:
        return [run]
    text = run.text.rstrip(" .,;:!?)-/")
    rest = run.text[len(text) :]
    return [Run(text, run.font, is_shaped=True), *([Run(rest, plain)] if rest else [])]


def _in_reading_order(pieces: list[Run]) -> list[Run]:
    """Where only numbers and signs stand between words from right to left, the words go on to their left."""
    ordered: list[Run] = []
    words: list[Run] = []
    for piece in pieces:
        if words or _is_from_right(piece.text):
            words.append(piece)
        else:
            ordered.append(piece)
        if any(c.isalpha() for c in piece.text) and not _is_from_right(piece.text):
            ordered += _turned(words)
            words = []
    return [*ordered, *_turned(words)]


def _turned(pieces: list[Run]) -> list[Run]:
    """From the first to the last word from right to left the order is turned, the blanks around numbers too."""
    places = [place for place, piece in enumerate(pieces) if _is_from_right(piece.text)]
    if not places:
        return pieces
    words, rest = pieces[: places[-1] + 1], pieces[places[-1] + 1 :]
    return [*(_mirrored(piece) for piece in reversed(words)), *rest]


def _mirrored(piece: Run) -> Run:
    text = piece.text.lstrip()
    before, core = piece.text[: len(piece.text) - len(text)], text.rstrip()
    return Run(f"{text[len(core) :]}{core}{before}", piece.font, piece.is_shaped)


def _is_from_right(text: str) -> bool:
    return any(unicodedata.bidirectional(c) in {"R", "AL"} for c in text)


def shaped(run: Run, size: float) -> tuple[Any, float]:
    """What to draw for a run, and its width in points."""
    if not run.is_shaped:
        return run.text, pdfmetrics.stringWidth(run.text, run.font, size)
    with FONT_LOCK:
        text = shapeStr(run.text, run.font, size)
    if isinstance(text, ShapedStr):
        return text, sum(glyph.x_advance for glyph in text.__shapeData__) * size / 1000
    return text, pdfmetrics.stringWidth(text, run.font, size)
