"""The factories, which are dlt's own but for how calls are merged.

They go by the name and the type of dlt's: whoever finds a destination by these (a pipeline's state,
``dlt pipeline``, the configuration) finds dlt's, and both go on with the same tables and state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import dlt
from dlt.common.destination import DestinationCapabilitiesContext
from dlt.common.destination.reference import DestinationReference

JOBS = 2
"""Files that are merged at once, unless ``load.workers`` is configured."""

if TYPE_CHECKING:
    from .in_duckdb import MergingDuckDbClient
    from .in_postgres import MergingPostgresClient


class duckdb(dlt.destinations.duckdb):  # noqa: N801 - named as dlt names it
    """DuckDB, calls merged straight from the files of a load package; parameters are dlt's."""

    @property
    def destination_type(self) -> str:
        return DestinationReference.normalize_type("duckdb")

    @property
    def client_class(self) -> type[MergingDuckDbClient]:
        from .in_duckdb import MergingDuckDbClient  # noqa: PLC0415 - its driver may be missing

        return MergingDuckDbClient

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        return _with_few_jobs(super()._raw_capabilities())


class postgres(dlt.destinations.postgres):  # noqa: N801 - named as dlt names it
    """Postgres, calls merged straight from the files of a load package; parameters are dlt's."""

    @property
    def destination_type(self) -> str:
        return DestinationReference.normalize_type("postgres")

    @property
    def client_class(self) -> type[MergingPostgresClient]:
        from .in_postgres import MergingPostgresClient  # noqa: PLC0415 - its driver may be missing

        return MergingPostgresClient

    def _raw_capabilities(self) -> DestinationCapabilitiesContext:
        return _with_few_jobs(super()._raw_capabilities())


def _with_few_jobs(capabilities: DestinationCapabilitiesContext) -> DestinationCapabilitiesContext:
    """A job for each processor is enough, and each takes memory.

    One job a table, as two files of it may hold elements of one call, whose old rows both would
    delete.
    """
    capabilities.loader_parallelism_strategy = "table-sequential"
    if dlt.config.get("load.workers") is None:
        capabilities.max_parallel_load_jobs = JOBS
    return capabilities
