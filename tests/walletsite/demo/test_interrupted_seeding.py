from __future__ import annotations

import pytest

from compliance.models import Company
from ledger.selectors.transactions import Transaction
from tests.walletsite.demo.conftest import THEIR_PURSES
from wallets.models import Wallet
from walletsite.demo.seeding import seed_company


class PowerCut(Exception):
    pass


def cut_after(movements: int) -> None:
    def report(done: int, total: int) -> None:
        if done == movements:
            raise PowerCut

    with pytest.raises(PowerCut):
        seed_company(report)


@pytest.mark.usefixtures("db", "small_nordwind")
def test_an_interrupted_seeding_goes_on_where_it_stopped() -> None:
    cut_after(40)
    company = Company.objects.get(name="Nordwind")
    posted = Transaction.objects.filter(company_id=company.id)
    assert posted.count() == 40
    early = list(posted.order_by("id").values_list("id", "effective_at"))

    assert seed_company() == company
    assert posted.count() == 101
    assert list(posted.order_by("id").values_list("id", "effective_at"))[:40] == early
    assert Wallet.objects.filter(user__company=company).count() == len(THEIR_PURSES)


@pytest.mark.usefixtures("db", "small_nordwind")
def test_one_that_posted_nothing_does_not_found_a_second_company() -> None:
    cut_after(0)
    company = seed_company()
    assert Company.objects.get(name="Nordwind") == company
    assert Transaction.objects.filter(company_id=company.id).count() == 101
