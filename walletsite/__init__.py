"""Composition root: settings, urls, processes, errors to HTTP. Imports every floor and is imported by none."""
