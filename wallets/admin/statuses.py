"""The buttons that change a wallet's status: what each does, and what it asks before it does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from compliance.models import User
from ledger.errors import Forbidden
from wallets.admin.approvals.four_eyes import FourEyesForm, Intent
from wallets.admin.dialogs import HistoryReasonForm
from wallets.models import Wallet, WalletStatus
from wallets.services.wallets import KEEPERS, require_may_change_status


class ReactivateForm(FourEyesForm):
    """What compliance has frozen, one person alone does not lift."""

    def intent(self) -> Intent:
        return Intent("wallet.reactivate", {"wallet_id": str(self.object_id)})


@dataclass(frozen=True, slots=True)
class Button:
    """One way to change a status; `name` is the action's and its address'."""

    name: str
    status: WalletStatus
    title: str
    question: str
    form: type[HistoryReasonForm] = HistoryReasonForm

    def dialog(self) -> dict[str, Any]:
        return {
            "title": f"{self.title} this wallet?",
            "description": self.question,
            "form_class": self.form,
            "form_submit_text": self.title,
        }


FREEZE = Button("freeze", WalletStatus.FROZEN, "Freeze", "Nothing goes out and nothing comes in until it is lifted.")
SUSPEND = Button(
    "suspend", WalletStatus.SUSPENDED, "Suspend", "Nothing goes out until it is lifted; money still comes in."
)
REACTIVATE = Button("reactivate", WalletStatus.ACTIVE, "Reactivate", "Lifts a freeze or a suspension.", ReactivateForm)
CLOSE = Button(
    "close", WalletStatus.CLOSED, "Close", "This is for ever. It needs a wallet that holds and reserves nothing."
)
BUTTONS = (FREEZE, SUSPEND, REACTIVATE, CLOSE)


def offered(caller: User, wallet: Wallet) -> set[str]:
    """The names of the buttons that make sense for a wallet and that this caller may use on it."""
    if caller.role not in KEEPERS or wallet.status == WalletStatus.CLOSED:
        return set()
    return {button.name for button in BUTTONS if button.status != wallet.status and _may(caller, wallet, button)}


def _may(caller: User, wallet: Wallet, button: Button) -> bool:
    try:
        require_may_change_status(caller, wallet, button.status)
    except Forbidden:
        return False
    return True
