"""Which warehouse a pipeline loads to."""

from __future__ import annotations

import dlt
from dlt.common.destination.client import JobClientBase


def kind_of(place: dlt.Pipeline | JobClientBase) -> str:
    """``duckdb``, ``postgres``, ``bigquery`` or another of dlt's destinations.

    A pipeline's destination may have been given any name; this is what it is.
    """
    if isinstance(place, JobClientBase):
        type_ = place.config.destination_type
    else:
        type_ = place.destination.destination_type
    return type_.rsplit(".", 1)[-1]
