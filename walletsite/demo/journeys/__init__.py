"""Journeys through the running service, told on the terminal. Each leaves the money where it was."""
