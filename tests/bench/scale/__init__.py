"""What the ledger costs when it has become large: a small ledger and a large one on the same server, and everything
measured on both, one after the other (`make bench-scale`, docs/performance.md).
"""
