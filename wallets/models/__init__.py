"""The product's documents. Figures are not here: they are ledger accounts of the same owner id."""

from wallets.models.notification import EmailStatus, Notification, NotificationEmail, NotificationPreference
from wallets.models.wallet import Wallet, WalletStatus, WalletType
from wallets.models.wallet_lock import WalletLock
from wallets.models.webhook_delivery import DeliveryStatus, WebhookAttempt, WebhookDelivery
from wallets.models.webhook_endpoint import Disabling, WebhookEndpoint, WebhookSecret

__all__ = [
    "DeliveryStatus",
    "Disabling",
    "EmailStatus",
    "Notification",
    "NotificationEmail",
    "NotificationPreference",
    "Wallet",
    "WalletLock",
    "WalletStatus",
    "WalletType",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookSecret",
]
