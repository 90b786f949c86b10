"""Writing the ledger: `journal` is the one door to the books; everything else prepares or checks."""
