"""Budgets in the back office: the screen, its drawings and dialogs, requests for more, templates."""
