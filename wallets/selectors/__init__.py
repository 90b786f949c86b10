"""Reading wallets, each caller within his scope."""
