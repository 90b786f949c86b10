"""The one-command start: servers, database, service, and how to reach it."""
