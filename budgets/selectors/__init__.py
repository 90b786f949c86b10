"""Reading budgets and limits: which cover a spend, what is left of them."""
