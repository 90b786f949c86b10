"""What can be done with wallets. Each use case opens its transaction here and nowhere below."""
