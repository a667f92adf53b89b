"""Recordings of calls, stored as files before the tariff deletes them."""

from .forgetting import forget_recordings
from .job import store_recordings

__all__ = ["forget_recordings", "store_recordings"]
