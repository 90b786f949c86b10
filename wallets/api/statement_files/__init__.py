"""A statement as a file: one module per form, all from the same figures (ADR 0024)."""
