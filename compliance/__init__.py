"""Who the customers are and who may do what: people, companies, teams, log-ins, access records.

All personal data lives on this floor and nowhere else, because the ledger below can never forget.
"""
