"""The machine that decides: pure, deterministic, typed. No clock, no I/O, no randomness, no Django (R271–R274).

`decide(accounts, command, now)` says what happens; `evolve(accounts, event)` says what that changes.
Everything that a decision depends on is an argument, so the same log always replays to the same figures.
"""
