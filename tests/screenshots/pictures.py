"""Which screens the guide shows, as whom, and what is done there before the picture is taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from budgets.models import Budget
from compliance.models import Company, User
from tests.wallets.importing import top_ups
from wallets.models import Approval, Wallet, WalletType
from walletsite.demo.people import CLARA, MIA, SOFIA, TOMASZ, Person

NEWCOMER = TOMASZ
"""A manager who has a password and no second factor yet."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Somebody's browser, who has logged in. `folder` is for files to upload."""

    page: Page
    address: str
    company: Company
    folder: Path

    def visit(self, path: str) -> None:
        self.page.goto(f"{self.address}/admin/{path}")

    def press(self, name: str) -> Locator:
        """Press a button above the page. Returns its dialog."""
        self.page.get_by_role("link", name=name).first.click()
        dialog = self.page.locator("#dialog")
        expect(dialog.get_by_label("Reason")).to_be_visible()
        return dialog

    def wallet_of(self, person: Person) -> Wallet:
        owner = User.objects.get(email=person.email, company=self.company)
        return Wallet.objects.get(user=owner, type=WalletType.PRIMARY)

    def budget_of(self, person: Person, name: str) -> str:
        budget = Budget.objects.get(wallet_id=self.wallet_of(person).id, name=name)
        return f"budgets/budget/{budget.id}/change/"


def home(screen: Screen) -> None:
    screen.visit("")


def wallets(screen: Screen) -> None:
    screen.visit("wallets/wallet/")


def wallet(screen: Screen) -> None:
    screen.visit(f"wallets/wallet/{screen.wallet_of(MIA).id}/change/")


def freeze(screen: Screen) -> None:
    wallet(screen)
    screen.press("Freeze").get_by_label("Reason").fill("Phone lost on the train.")


def why(screen: Screen) -> None:
    screen.visit(f"wallets/wallet/{screen.wallet_of(SOFIA).id}/ask/?amount=90&type=PAYMENT&category=TRAIN")


def budget(screen: Screen) -> None:
    screen.visit(screen.budget_of(SOFIA, "Weekly trips"))


def raising(screen: Screen) -> None:
    screen.visit(screen.budget_of(SOFIA, "Monthly budget"))
    dialog = screen.press("Raise or lower")
    dialog.get_by_label("New amount").fill("2600")
    dialog.get_by_label("Reason").fill("Two trade fairs in one month.")
    dialog.get_by_role("button", name="Go on").click()
    expect(dialog.get_by_text("sent for approval")).to_be_visible()


def approvals(screen: Screen) -> None:
    screen.visit("wallets/approval/")


def approval(screen: Screen) -> None:
    waiting = Approval.objects.get(company_id=screen.company.id, operation="budget.change")
    screen.visit(f"wallets/approval/{waiting.id}/change/")


def importing(screen: Screen) -> None:
    first, second = screen.wallet_of(MIA).id, screen.wallet_of(CLARA).id
    file = screen.folder / "december.csv"
    lines = (f"{first},150.00,EUR,Allowance,2026-12", f'{second},"12,50",EUR,Allowance,2026-12')
    file.write_bytes(top_ups(*lines, f"{second},80.00,USD,Allowance,2026-12"))
    screen.visit("wallets/import/new/")
    screen.page.get_by_label("What is in the file").select_option("Top-ups")
    screen.page.locator("input[type=file]").set_input_files(file)
    screen.page.get_by_role("button", name="Upload and check").click()
    expect(screen.page.get_by_text("Nothing was applied.")).to_be_visible()


def audit(screen: Screen) -> None:
    screen.visit("compliance/auditrecord/")


def reports(screen: Screen) -> None:
    screen.visit("wallets/statementpack/report/spend/")


def second_factor(screen: Screen) -> None:
    expect(screen.page.get_by_role("img", name="QR code for your authenticator app")).to_be_visible()


@dataclass(frozen=True, slots=True)
class Picture:
    """A file, who looks, and what to do until the screen is as it shall be."""

    name: str
    who: str
    show: Callable[[Screen], None]


PICTURES = (
    Picture("second-factor", "newcomer", second_factor),
    Picture("home-manager", "manager", home),
    Picture("wallets", "manager", wallets),
    Picture("wallet", "manager", wallet),
    Picture("freeze", "manager", freeze),
    Picture("why", "manager", why),
    Picture("budget", "manager", budget),
    Picture("raise", "manager", raising),
    Picture("home-finance", "finance", home),
    Picture("import", "finance", importing),
    Picture("reports", "finance", reports),
    Picture("approvals", "checker", approvals),
    Picture("approval", "checker", approval),
    Picture("audit", "auditor", audit),
)
