from __future__ import annotations

import pytest

from compliance.models import Company
from ledger.selectors.transactions import Transaction
from tests.walletsite.demo.conftest import THEIR_PURSES
from wallets.models import Wallet
from walletsite.demo import seeding
from walletsite.demo.holding import HOLDS
from walletsite.demo.seeding import seed_company

DOCUMENTS_OF_HOLDS = len(HOLDS) + 2
"""A refund and a reversal."""


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
    assert posted.count() == 101 + DOCUMENTS_OF_HOLDS
    assert list(posted.order_by("id").values_list("id", "effective_at"))[:40] == early
    assert Wallet.objects.filter(user__company=company).count() == len(THEIR_PURSES)


@pytest.mark.usefixtures("db", "small_nordwind")
def test_one_that_posted_nothing_does_not_found_a_second_company() -> None:
    cut_after(0)
    company = seed_company()
    assert Company.objects.get(name="Nordwind") == company
    assert Transaction.objects.filter(company_id=company.id).count() == 101 + DOCUMENTS_OF_HOLDS


@pytest.mark.usefixtures("db", "small_nordwind")
def test_what_was_held_before_the_cut_is_not_held_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(nordwind: seeding.Nordwind) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr(seeding, "_put_two_wallets_out_of_order", cut)
        with pytest.raises(PowerCut):
            seed_company()
    company = Company.objects.get(name="Nordwind")
    posted = Transaction.objects.filter(company_id=company.id)
    assert posted.count() == 100 + DOCUMENTS_OF_HOLDS
    seed_company()
    assert posted.count() == 101 + DOCUMENTS_OF_HOLDS
