"""Backfill: years of calls in chunks."""
