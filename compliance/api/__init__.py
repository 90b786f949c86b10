"""Log-in and people over HTTP (docs/interface.md)."""
