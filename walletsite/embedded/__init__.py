"""A real PostgreSQL and a real Valkey out of Python packages, for machines that have neither."""
