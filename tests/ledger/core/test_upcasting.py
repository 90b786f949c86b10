"""Older facts are read in today's form, step by step; newer ones are not read at all."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.core.events import EventType
from ledger.core.upcasting import UPCASTERS, UnknownVersion, upcast, version_of

FAILED = EventType.TRANSACTION_FAILED


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 called it `cause`, and kept the figures by themselves."""
    data["code"] = data.pop("cause")
    return data


def gathered(data: dict[str, Any]) -> dict[str, Any]:
    data["gates"][0]["required"] = data.pop("required")
    return data


@pytest.fixture
def three_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(UPCASTERS, (FAILED, 1), renamed)
    monkeypatch.setitem(UPCASTERS, (FAILED, 2), gathered)


def test_every_type_is_at_its_first_version() -> None:
    """All that was ever stored looks as it is written now. Whoever adds an upcaster changes this line."""
    assert {type: version_of(type) for type in EventType if version_of(type) != 1} == {}


def test_each_version_is_led_on_to_the_newest(three_versions: None) -> None:
    newest = {"code": "funds.insufficient", "gates": [{"required": "5"}]}
    assert version_of(FAILED) == 3
    assert upcast(FAILED, 1, {"cause": "funds.insufficient", "required": "5", "gates": [{}]}) == newest
    assert upcast(FAILED, 2, {"code": "funds.insufficient", "required": "5", "gates": [{}]}) == newest
    assert upcast(FAILED, 3, newest) is newest


def test_what_is_stored_is_not_touched(three_versions: None) -> None:
    stored: dict[str, Any] = {"cause": "funds.insufficient", "required": "5", "gates": [{}]}
    upcast(FAILED, 1, stored)
    assert stored == {"cause": "funds.insufficient", "required": "5", "gates": [{}]}


def test_other_types_are_left_alone(three_versions: None) -> None:
    completed = {"cause": "nothing of this type"}
    assert version_of(EventType.TRANSACTION_COMPLETED) == 1
    assert upcast(EventType.TRANSACTION_COMPLETED, 1, completed) is completed


@pytest.mark.parametrize("version", [0, 4, 9])
def test_an_unknown_version_is_not_guessed_at(three_versions: None, version: int) -> None:
    with pytest.raises(UnknownVersion) as unknown:
        upcast(FAILED, version, {"code": "funds.insufficient"})
    assert unknown.value.code == "service.unavailable"
    assert f"TransactionFailed of version {version}" in str(unknown.value)
    assert "versions 1 to 3" in str(unknown.value)
