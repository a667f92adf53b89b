"""Verification: whether the warehouse has what the source has, day by day; and repair."""

from .job import Verify

__all__ = ["Verify"]
