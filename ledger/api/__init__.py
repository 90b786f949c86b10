"""The HTTP conventions that every app's `api` room shares (docs/interface.md)."""
