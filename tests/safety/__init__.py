"""Proof that no money is lost or made: a checker that knows nothing of the product's code, and runs that feed it.

`parts` is what a run consists of, `history` and `model` are what clients saw and what a ledger should have done,
`checker` sets both beside the tables, `canaries` shows that it would tell. `make proof` runs all of it.
"""
