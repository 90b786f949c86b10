"""The product's documents. Figures are not here: they are ledger accounts of the same owner id."""

from wallets.models.approvals import Approval, ApprovalRule, ApprovalStatus, ApprovalVote, Source, Verdict
from wallets.models.bulk_import import Import, ImportKind, ImportState
from wallets.models.notification import EmailStatus, Notification, NotificationEmail, NotificationPreference
from wallets.models.statement_pack import FilePiece, PackState, StatementPack
from wallets.models.wallet import Wallet, WalletStatus, WalletType
from wallets.models.wallet_lock import WalletLock
from wallets.models.wallet_note import WalletNote
from wallets.models.webhook_delivery import DeliveryStatus, WebhookAttempt, WebhookDelivery
from wallets.models.webhook_endpoint import Disabling, WebhookEndpoint, WebhookSecret

__all__ = [
    "Approval",
    "ApprovalRule",
    "ApprovalStatus",
    "ApprovalVote",
    "DeliveryStatus",
    "Disabling",
    "EmailStatus",
    "FilePiece",
    "Import",
    "ImportKind",
    "ImportState",
    "Notification",
    "NotificationEmail",
    "NotificationPreference",
    "PackState",
    "StatementPack",
    "Source",
    "Verdict",
    "Wallet",
    "WalletLock",
    "WalletNote",
    "WalletStatus",
    "WalletType",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
