"""The product's documents. Figures are not here: they are ledger accounts of the same owner id."""

from wallets.models.wallet import Wallet, WalletStatus, WalletType
from wallets.models.wallet_lock import WalletLock

__all__ = ["Wallet", "WalletLock", "WalletStatus", "WalletType"]
