"""The product that customers see: wallets, transfers, deposits and payments on top of the ledger."""
