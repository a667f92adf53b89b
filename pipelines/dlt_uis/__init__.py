"""Call data of UIS, CoMagic, CallGear and Novofon for data warehouses: a dlt source.

>>> import dlt
>>> from dlt_uis import uis_source
>>> pipeline = dlt.pipeline("uis", destination="duckdb", dataset_name="uis_data")
>>> pipeline.run(uis_source())  # doctest: +SKIP
"""

from .indexes import create_indexes
from .source import uis_source

__all__ = ["create_indexes", "uis_source"]
