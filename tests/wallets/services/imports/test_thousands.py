"""Thousands of rows are one import, within what people wait and databases hold."""

from __future__ import annotations

from decimal import Decimal
from time import monotonic

import pytest

from ledger.models import Posting
from tests.compliance.factories import UserFactory
from tests.wallets.approving import agree, make_office, origin_of
from tests.wallets.importing import taken_in, top_ups
from tests.wallets.scene import available, give_wallet
from wallets.models import ImportKind, Source
from wallets.services.import_requests import ask_to_apply
from wallets.services.imports.reading import MOST_ROWS
from wallets.services.imports.stages import work_on_imports

WALLETS = 50


@pytest.mark.timeout(300)
def test_five_thousand_top_ups(db: None) -> None:
    office = make_office()
    company, frida = office.frida.company, office.frida
    wallets = [give_wallet(UserFactory(company=company)) for _ in range(WALLETS)]
    lines = (f"{wallets[number % WALLETS].id},0.0{1 + number % 9},EUR,Allowance," for number in range(MOST_ROWS))
    times = [monotonic()]
    row = taken_in(frida, ImportKind.TOP_UPS, top_ups(*lines))
    times.append(monotonic())
    assert (row.state, row.row_count) == ("DRAFT", 5_000)
    work_on_imports()
    times.append(monotonic())
    row.refresh_from_db()
    assert (row.state, row.errors) == ("CHECKED", [])
    approval = ask_to_apply(row.id, caller=frida, reason="All.", origin=origin_of(frida), source=Source.ADMIN)
    agree(approval, office.fiona)
    postings = Posting.objects.count()
    times.append(monotonic())
    work_on_imports()
    times.append(monotonic())
    row.refresh_from_db()
    assert (row.state, len(row.results)) == ("APPLIED", MOST_ROWS)
    assert Posting.objects.count() - postings == 2 * MOST_ROWS
    assert sum(map(available, wallets)) == Decimal(row.totals["EUR"])
    read, checked, asked, applied = (after - before for before, after in zip(times, times[1:], strict=False))
    assert read + asked < 10, "somebody waits for these"
    assert max(checked, applied) < 60
