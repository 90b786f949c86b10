"""Telling people what concerns them: in their inbox and by e-mail, each once per cause (R42, ADR 0031)."""
