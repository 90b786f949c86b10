"""Messages to be told of, inboxes and e-mails for tests."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from compliance.models import User
from ledger.ids import new_id
from ledger.models import OutboxMessage
from ledger.selectors.clock import DatabaseClock, database_now
from tests.ledger.services.test_folding import wait_for_horizon
from wallets.models import EmailStatus, Notification, Wallet
from wallets.selectors.notifications import inbox_of, words_of
from wallets.services.notifications.noting import note_notifications

SECOND = timedelta(seconds=1)


def message(type: str, data: dict[str, Any], *, age: timedelta = timedelta()) -> OutboxMessage:
    """One as the outbox hands it over."""
    return OutboxMessage(id=new_id(), type=type, data=data, created_at=database_now() - age)


def frozen(wallet: Wallet, status: str = "FROZEN") -> OutboxMessage:
    data = {"wallet_id": str(wallet.id), "old_status": "ACTIVE", "status": status, "reason": "Suspected fraud."}
    return message("WalletStatusChanged", data)


def received(wallet: Wallet, amount: str = "12.5") -> OutboxMessage:
    data = {"txn_id": str(new_id()), "wallet_id": str(wallet.id), "amount": amount, "currency": "EUR"}
    return message("TransactionCompleted", {**data, "type": "TRANSFER_IN", "new_balance": "20"})


def refused(wallet: Wallet, *, txn_id: UUID | None = None, type: str = "TransactionFailed") -> OutboxMessage:
    data = {"txn_id": str(txn_id or new_id()), "wallet_id": str(wallet.id), "amount": "80", "currency": "EUR"}
    return message(type, {**data, "code": "funds.insufficient"})


def expired(wallet: Wallet) -> OutboxMessage:
    data = {"reservation_id": str(new_id()), "wallet_id": str(wallet.id), "amount": "5", "currency": "EUR"}
    return message("ReservationExpired", data)


def of_budget(type: str, wallet: Wallet, **data: Any) -> OutboxMessage:
    """With what all messages about budgets of wallets have; `data` says the rest."""
    common = {
        "budget_id": str(new_id()),
        "company_id": str(wallet.user.company_id),
        "scope": "WALLET",
        "team_id": None,
        "wallet_id": str(wallet.id),
        "user_id": str(wallet.user_id),
        "currency": "EUR",
        "revision": 1,
    }
    return message(type, {**common, **data})


def threshold(wallet: Wallet, **data: Any) -> OutboxMessage:
    figures = {"period_key": "2026-11", "threshold_percentage": 80, "used_amount": "400", "total_amount": "500"}
    return of_budget("BudgetThresholdReached", wallet, **{**figures, **data})


def exceeded(wallet: Wallet, **data: Any) -> OutboxMessage:
    figures = {"period_key": "2026-11", "threshold_percentage": 100, "exceeded_amount": "7.5"}
    return of_budget("BudgetExceeded", wallet, **{**figures, **data})


def titles(user: User) -> list[str]:
    """What somebody's inbox says, the oldest first."""
    return [words_of(row).title for row in inbox_of(user).order_by("created_at", "id")]


def note_all() -> None:
    """Tell of what has happened until now."""
    wait_for_horizon()
    while note_notifications().is_behind:
        pass


def only_mine() -> None:
    """What other tests left to be sent is not sent."""
    left = Notification.objects.filter(email_status=EmailStatus.PENDING)
    left.update(email_status=EmailStatus.SKIPPED, email_next_attempt_at=None, email_finished_at=DatabaseClock())


def make_due() -> None:
    """As if every wait were over."""
    Notification.objects.filter(email_status=EmailStatus.PENDING).update(email_next_attempt_at=DatabaseClock() - SECOND)


def email_of(user: User) -> Notification:
    """The only notification of somebody that is an e-mail as well."""
    return Notification.objects.exclude(email_status=EmailStatus.NONE).get(user=user)


def state_of(user: User) -> tuple[str, int, str]:
    row = email_of(user)
    return row.email_status, row.email_attempts, row.email_error
