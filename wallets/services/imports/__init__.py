"""Files of joiners, wallets, budgets and top-ups: read, tried out, approved and applied wholly or not (ADR 0038)."""
