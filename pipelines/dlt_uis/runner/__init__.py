"""A run: what an earlier one left, the state, the sync, in one trace."""

from .job import Summary, run
from .pipelines import DATASET, DESTINATIONS, PIPELINE, make_pipeline

__all__ = ["DATASET", "DESTINATIONS", "PIPELINE", "Summary", "make_pipeline", "run"]
