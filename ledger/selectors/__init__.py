"""Reading the ledger. Nothing here writes or locks."""
