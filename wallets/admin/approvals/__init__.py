"""Approvals in the back office: what waits and what was decided, and the rules that say when one is needed."""
