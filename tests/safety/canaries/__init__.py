"""Faults that are put into the service on purpose, in memory, one at a time: a proof that cannot fail proves nothing.

`bugs` lists them, `run` lets one loose in a short run and says what noticed it.
"""
