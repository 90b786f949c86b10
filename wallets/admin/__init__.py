"""Wallets and webhooks in the back office: looked at by who may see them, changed by the interface's own use cases."""

from wallets.admin import wallets, webhooks

__all__ = ["wallets", "webhooks"]
