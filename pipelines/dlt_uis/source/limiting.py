"""The source's class: what dlt's own would not do for resources that hang on a hidden one."""

from __future__ import annotations

from dlt.extract.source import DltSource

from ..reports import REPORTS
from ..reports.own_names import SYNC_WINDOWS

_READINGS = {report.resource for report in REPORTS.values()}


class UisSource(DltSource):
    """Resources of the Data API. A limit reaches the report that the tables are made from."""

    def add_limit(
        self,
        max_items: int | None = None,
        max_time: float | None = None,
        count_rows: bool | None = False,
    ) -> UisSource:
        """Reads no more than about so many pages of calls, or rows, or seconds; for trying out.

        The cursor stays where it was, if there would have been more to read.

        Args:
            max_items: pages of calls, and of each selected list of reference data.
            max_time: seconds.
            count_rows: ``max_items`` are calls, in whole pages.
        """
        for resource in self.resources.extracted:
            if not resource.is_transformer and resource.name != SYNC_WINDOWS:
                items = max_items
                if resource.name in _READINGS and max_items and not count_rows:
                    items = max_items + 1  # the first item is a notice, without calls
                resource.add_limit(items, max_time=max_time, count_rows=count_rows)
        return self

    def clone(self, with_name: str | None = None) -> UisSource:
        """A copy, of this class too; ``with_resources`` makes one."""
        copy = super().clone(with_name)  # type: ignore[arg-type] # dlt's own default is None
        return UisSource(copy.schema, copy.section, list(copy.resources.values()))
