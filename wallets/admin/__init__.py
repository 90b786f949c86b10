"""Wallets in the back office: looked at by who may see them, their status changed by the interface's own use case."""

from wallets.admin import wallets

__all__ = ["wallets"]
