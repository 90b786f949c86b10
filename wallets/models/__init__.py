"""The product's documents. Figures are not here: they are ledger accounts of the same owner id."""

from wallets.models.wallet import Wallet, WalletStatus, WalletType

__all__ = ["Wallet", "WalletStatus", "WalletType"]
