"""Spending rules as part of the ledger: what a budget or a limit still allows is an account like any other.

The rows here say the rules; what is left of them lies in the ledger. Who may set them, the floor above knows.
"""
