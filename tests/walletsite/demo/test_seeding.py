"""The whole demo company, seeded once for all tests of this file and rolled back after them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from io import StringIO
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.core.management import call_command
from django.db import connection
from django.test import TestCase
from django.test.utils import CaptureQueriesContext

from budgets.models import Budget, BudgetRequest, Limit, ThresholdAlert
from budgets.selectors.budgets import view_budgets
from budgets.services.alerts import follow_alerts
from compliance.models import Company, Role, ServiceAccount, Team, User
from ledger.selectors.balances import system_balances, wallet_figures
from ledger.selectors.snapshot import whole_ledger
from ledger.selectors.transactions import Transaction
from ledger.services.holds import expected_money, payee_clearing
from ledger.services.invariants import check_invariants
from ledger.services.replay import replay
from wallets.models import Approval, ApprovalRule, Wallet, WalletStatus
from wallets.selectors.approvals import waiting_for
from wallets.selectors.reservations import find_visible_reservations
from wallets.services.bookings import clearing_account
from wallets.services.past import PastKind
from wallets.services.wallets import funding_account
from walletsite.demo import holding
from walletsite.demo.budgeting import REFUSED_TRIP, TRIP, TRIPS
from walletsite.demo.history import Planned, plan_history
from walletsite.demo.holding import HOLDS
from walletsite.demo.people import FELIX, OSKAR, SOFIA, TIME_ZONE, Purse
from walletsite.demo.seeding import BATCH, seed_company
from walletsite.demo.spending import UNAFFORDABLE

STATEMENTS_TO_FOUND = 700
"""Of 24 people and 30 wallets, each through its own use case."""
STATEMENTS_PER_BATCH = 8
STATEMENTS_TO_HOLD = 140
"""Six holds, four steps, a refund and a reversal, each through its own use case."""
DOCUMENTS_OF_HOLDS = len(HOLDS) + 2
STATEMENTS_TO_BUDGET = 1_300
"""Some seventy budgets, three limits and ten bookings, each through its own use case."""
DOCUMENTS_OF_TRIPS = 2 * (len(TRIPS) + 1)
"""Each with the money for it."""


def kept_from(planned: holding.Planned) -> Decimal:
    """What a hold of the demo still keeps from its owner, or has cost him in the end."""
    if planned is holding.TWICE or planned.is_released:
        return Decimal(0)
    if planned.captured:
        return Decimal(planned.captured) - Decimal(holding.REFUNDED)
    return Decimal(planned.amount)


class SeededCompanyTest(TestCase):
    company: ClassVar[Company]
    history: ClassVar[list[Planned]]
    statements: ClassVar[int]
    reports: ClassVar[list[tuple[int, int]]]

    @classmethod
    def setUpTestData(cls) -> None:
        cls.reports = []
        with whole_ledger():  # lifts the time limit for all of the transaction around these tests
            assert connection.in_atomic_block
        with CaptureQueriesContext(connection) as queries:
            cls.company = seed_company(lambda done, total: cls.reports.append((done, total)))
        cls.statements = len(queries)
        cls.history = plan_history(cls.company.created_at.astimezone(ZoneInfo(TIME_ZONE)).date())

    def wallets(self) -> list[Wallet]:
        return list(Wallet.objects.filter(user__company=self.company).select_related("user"))

    def status_of(self, email: str) -> str:
        return Wallet.objects.get(user__email=email, type="PRIMARY").status

    def test_it_is_nordwind_of_berlin(self) -> None:
        company = self.company
        assert (company.name, company.timezone, company.currency) == ("Nordwind", "Europe/Berlin", "EUR")

    def test_people_and_teams_are_as_promised(self) -> None:
        users = User.objects.filter(company=self.company)
        assert (users.count(), Team.objects.filter(company=self.company).count()) == (24, 3)
        assert Counter(users.values_list("role", flat=True)) == {
            "EMPLOYEE": 17,
            "MANAGER": 3,
            "FINANCE": 2,
            "COMPLIANCE": 1,
            "AUDITOR": 1,
        }
        managed = users.filter(role=Role.MANAGER).values_list("team__name", flat=True)
        assert sorted(managed) == ["Engineering", "Operations", "Sales"]

    def test_nobody_can_log_in_before_there_are_credentials(self) -> None:
        assert not [user.email for user in User.objects.filter(company=self.company) if user.has_usable_password()]

    def test_wallets_are_as_promised(self) -> None:
        assert Counter((wallet.type, wallet.currency, wallet.status) for wallet in self.wallets()) == {
            ("PRIMARY", "EUR", "ACTIVE"): 22,
            ("PRIMARY", "EUR", "FROZEN"): 1,
            ("PRIMARY", "EUR", "SUSPENDED"): 1,
            ("BUSINESS", "USD", "ACTIVE"): 4,
            ("SAVINGS", "USD", "ACTIVE"): 2,
        }
        assert self.status_of(FELIX.email) == WalletStatus.FROZEN
        assert self.status_of(OSKAR.email) == WalletStatus.SUSPENDED

    def test_every_movement_is_there_and_was_effective_when_it_happened(self) -> None:
        posted = Transaction.objects.filter(company_id=self.company.id)
        planned = sorted((m.reference, m.at, m.description) for m in self.history)
        history = posted.exclude(reference_id="NW-FROZEN").exclude(reference_id__startswith="NW-HOLD")
        history = history.exclude(reference_id__startswith=TRIP)
        assert sorted(history.values_list("reference_id", "effective_at", "description")) == planned
        assert posted.count() == 4_639 + DOCUMENTS_OF_HOLDS + DOCUMENTS_OF_TRIPS

    def test_a_few_payments_were_refused(self) -> None:
        failed = Transaction.objects.filter(company_id=self.company.id, status="FAILED")
        assert Counter(failed.values_list("refusal_code", flat=True)) == {
            "funds.insufficient": 5,
            "budget.exceeded": 1,
            "wallet.frozen": 1,
        }

    def test_every_wallet_holds_what_its_history_left_and_nothing_is_below_zero(self) -> None:
        left: Counter[Purse] = Counter()
        for movement in self.history:
            if (movement.description, movement.cents) in UNAFFORDABLE:
                continue
            incoming = movement.kind in (PastKind.TOP_UP, PastKind.CREDIT)
            left[movement.purse] += movement.cents if incoming else -movement.cents
            if movement.receiver is not None:
                left[movement.receiver] += movement.cents
        for planned in HOLDS:
            (purse,) = (p for p in left if p.owner == planned.owner and p.type == "PRIMARY")
            left[purse] -= int(kept_from(planned) * 100)
        (sofias,) = (p for p in left if p.owner == SOFIA and p.type == "PRIMARY")
        left[sofias] += int(Decimal(REFUSED_TRIP.amount) * 100)  # the other trips have used their money up
        figures = wallet_figures([wallet.id for wallet in self.wallets()])
        held = {(w.user.email, w.type): figures[w.id].available * 100 for w in self.wallets()}
        assert held == {(purse.owner.email, purse.type): Decimal(cents) for purse, cents in left.items()}
        assert min(held.values()) >= 0

    def test_the_companys_accounts_mirror_the_wallets(self) -> None:
        for currency in ("EUR", "USD"):
            makers = (funding_account, clearing_account, payee_clearing, expected_money)
            own = [make(self.company.id, currency).id for make in makers]
            wallets = [wallet.id for wallet in self.wallets() if wallet.currency == currency]
            in_wallets = sum(figures.total for figures in wallet_figures(wallets).values())
            assert sum(system_balances(own).values()) == -in_wallets
            assert in_wallets > 0

    def test_there_is_a_hold_of_every_kind_and_two_were_undone(self) -> None:
        frida = User.objects.get(company=self.company, first_name="Frida")
        holds = find_visible_reservations(frida)
        assert {hold.transaction.reference_id: (hold.status, hold.transaction.state) for hold in holds} == {
            "NW-HOLD-1": ("ACTIVE", "BALANCE_RESERVED"),
            "NW-HOLD-2": ("ACTIVE", "BALANCE_RESERVED"),
            "NW-HOLD-3": ("COMPLETED", "COMPLETED"),
            "NW-HOLD-4": ("COMPLETED", "REVERSED"),
            "NW-HOLD-5": ("RELEASED", "CANCELLED"),
            "NW-HOLD-6": ("ACTIVE", "BALANCE_RESERVED"),  # until the sweeper comes by
        }
        undone = Transaction.objects.filter(company_id=self.company.id, original_transaction_id__isnull=False)
        assert sorted(undone.values_list("type", "amount")) == [("REFUND", Decimal("9.5")), ("REVERSAL", Decimal(12))]

    def test_two_requests_wait_for_a_second_person(self) -> None:
        asked = Approval.objects.filter(company=self.company).order_by("created_at", "id")
        assert list(asked.values_list("operation", "requested_role", "status", "amount", "currency")) == [
            ("adjustment.post", "FINANCE", "PENDING", 25, "EUR"),
            ("budget.change", "MANAGER", "PENDING", 1200, "EUR"),
        ]
        assert ApprovalRule.objects.filter(company=self.company, is_active=True).count() == 5
        marta = User.objects.get(company=self.company, first_name="Marta")
        assert waiting_for(marta).count() == 2

    def test_budgets_come_by_templates_and_for_teams_and_the_company(self) -> None:
        budgets = Budget.objects.filter(company_id=self.company.id)
        assert Counter(budgets.values_list("scope", "name")) == {
            ("WALLET", "Monthly budget"): 24,
            ("WALLET", "Weekly budget"): 17,
            ("WALLET", "Weekly trips"): 1,
            ("WALLET", "Monthly travel budget"): 1,
            **{("TEAM", f"{team}, a month"): 1 for team in ("Sales", "Engineering", "Operations")},
            ("COMPANY", "Nordwind, a year"): 1,
        }
        assert set(budgets.values_list("zone", flat=True)) == {TIME_ZONE}
        assert Limit.objects.filter(company_id=self.company.id).count() == 3

    def test_sales_is_over_its_budget_and_thresholds_are_reached(self) -> None:
        (sales,) = view_budgets(Budget.objects.filter(company_id=self.company.id, name="Sales, a month"))
        assert sales.figures is not None
        assert (sales.figures.used, sales.figures.allocated) == (1120, 1000)
        while follow_alerts().is_behind:
            pass
        reached = ThresholdAlert.objects.filter(period__budget__company_id=self.company.id)
        assert sorted(reached.values_list("period__budget__name", "threshold")) == [
            ("Monthly travel budget", 50),
            ("Monthly travel budget", 80),
            ("Sales, a month", 50),
            ("Sales, a month", 80),
            ("Sales, a month", 100),
            ("Weekly trips", 50),
        ]

    def test_sofia_has_asked_for_more(self) -> None:
        (request,) = BudgetRequest.objects.filter(budget__company_id=self.company.id)
        assert (request.state, request.retry, request.amount) == ("PENDING", "PARKED", 40)
        assert request.requested_by == User.objects.get(email=SOFIA.email).id

    def test_the_ledger_is_in_order(self) -> None:
        assert [finding.invariant.id for finding in check_invariants() if finding.broken] == []
        call_command("verify_budgets", stdout=StringIO())
        report = replay()
        assert report.difference is None
        assert report.events >= 4_639

    def test_progress_is_told_and_reaches_the_end(self) -> None:
        total = len(self.history)
        assert self.reports == [*((done, total) for done in range(0, total, BATCH)), (total, total)]

    def test_it_is_posted_in_large_batches(self) -> None:
        batches = -(-len(self.history) // BATCH) + 1
        assert (
            self.statements
            < STATEMENTS_TO_FOUND + batches * STATEMENTS_PER_BATCH + STATEMENTS_TO_HOLD + STATEMENTS_TO_BUDGET
        )

    def test_a_second_run_changes_nothing(self) -> None:
        with CaptureQueriesContext(connection) as queries:
            again = seed_company()
        assert again == self.company
        assert [query["sql"][:6] for query in queries] == ["SELECT", "SELECT"]

    def test_there_is_one_program_that_books(self) -> None:
        (account,) = ServiceAccount.objects.filter(company=self.company)
        booked = Transaction.objects.filter(company_id=self.company.id, reference_type="booking")
        assert set(booked.values_list("initiated_by", flat=True)) == {account.id}
