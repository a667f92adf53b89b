"""Texts without secrets."""
