"""Changing people and their access. Every change is audited in its own transaction."""
