"""Creating budgets and limits, changing them, turning their periods."""
