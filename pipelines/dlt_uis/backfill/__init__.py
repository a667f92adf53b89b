"""Backfill: years of calls in chunks, each a load package of its own."""

from .job import Backfill, Backfilled, Forecast

__all__ = ["Backfill", "Backfilled", "Forecast"]
