"""Verification: whether the warehouse has what the source has."""
