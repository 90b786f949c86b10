"""Carrying a ledger to another installation: all of it into one file, and out of it again (R276, ADR 0023)."""
