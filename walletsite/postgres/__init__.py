"""Django's backend for PostgreSQL, which tells a commit that was lost from everything else that can go wrong."""
