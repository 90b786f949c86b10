"""The model that judges the service, judged by itself: whatever is wished, nothing is lost, made or overdrawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.safety import sequences
from tests.safety.history import Kind, Wish
from tests.safety.model import Made, Model
from tests.safety.sequences import BEGIN, WALLETS, new_model, run_sequence
from tests.safety.verdicts import Done, Refused, Unknown

ALICE, BOB = WALLETS[1:3]


def test_ten_thousand_wishes_leave_nothing_wrong() -> None:
    tried = Counter[str]()
    assert [words for seed in range(250) for words in run_sequence(seed, tried)] == []
    both = {kind.value.lower() for kind in Kind if kind is not Kind.BALANCE}
    assert {name.partition(":")[0] for name in tried if name.endswith("done")} == both
    assert {name.partition(":")[0] for name in tried if name.endswith("refused")} >= both - {"status"}


def test_a_wrong_model_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Model, "_may_pay", lambda *_: [])
    assert [words for seed in range(20) for words in run_sequence(seed, Counter())]


def test_what_nobody_has_made_is_unknown() -> None:
    model = new_model()
    assert isinstance(model.apply(Wish(Kind.CAPTURE, about=ALICE), BEGIN), Unknown)
    assert isinstance(model.apply(Wish(Kind.REFUND, amount=Decimal(1), about=ALICE), BEGIN), Unknown)


def test_of_several_reasons_the_first_is_named() -> None:
    model = new_model()
    model.purses[ALICE].status = "FROZEN"
    wish = Wish(Kind.TRANSFER, amount=Decimal(1000), currency="USD", source=ALICE, destination=BOB)
    assert model.apply(wish, BEGIN) == Refused(frozenset({"wallet.frozen"}))
    model.purses[ALICE].status = "ACTIVE"
    assert model.apply(wish, BEGIN) == Refused(frozenset({"currency.mismatch"}))
    assert model.apply(replace(wish, currency="EUR"), BEGIN) == Refused(frozenset({"funds.insufficient"}))


def test_a_deadline_is_exact() -> None:
    model, made = new_model(), Made(WALLETS[3], WALLETS[4])
    assert isinstance(model.apply(Wish(Kind.RESERVE, amount=Decimal(1), source=ALICE, seconds=60), BEGIN, made), Done)
    capture, due = Wish(Kind.CAPTURE, about=made.hold), BEGIN + timedelta(seconds=60)
    assert model.would(capture, due) == Refused(frozenset({"reservation.expired"}))
    assert isinstance(model.would(capture, due - timedelta(microseconds=1)), Done)
    assert sequences.figures(model)[ALICE][:2] == (Decimal(99), Decimal(1))
