"""A run: what an earlier one left, the state, the sync, in one trace."""

from .job import DATASET, DESTINATIONS, PIPELINE, Summary, make_pipeline, run

__all__ = ["DATASET", "DESTINATIONS", "PIPELINE", "Summary", "make_pipeline", "run"]
