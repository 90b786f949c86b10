"""The HTTP conventions that every app's `api` room shares (api.md, Conventions)."""
