"""The OpenAPI 3.1 document, printed from what the views declare about themselves (`ledger.api.schema`)."""
