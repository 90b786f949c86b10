"""Telling customers over HTTP what happened: endpoints, their keys, deliveries, and sending them (ADR 0027)."""
