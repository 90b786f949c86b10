"""The truth about money: accounts, postings, events, and the one way to write them. Imports no other app."""
