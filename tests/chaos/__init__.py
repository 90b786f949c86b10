"""The whole service as real processes on servers of its own, of which some are always being killed.

`python -m tests.chaos --help` says what can be asked for; `make chaos` is the same. docs/operations.md tells how to
read what it says.
"""
