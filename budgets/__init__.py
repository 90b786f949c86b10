"""Spending rules as part of the ledger: what a budget or a limit still allows is an account like any other.

The floor stands from the first day so that nothing above or beside it can grow into its place; its rooms
are made when budgets and limits are built.
"""
