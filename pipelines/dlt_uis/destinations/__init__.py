"""Destinations that merge calls straight from a load package's files, as ``dlt-uis`` itself does.

>>> import dlt
>>> from dlt_uis.destinations import duckdb
>>> pipeline = dlt.pipeline("uis", destination=duckdb(), dataset_name="uis_data")
"""

from .factories import duckdb, postgres

__all__ = ["duckdb", "postgres"]
