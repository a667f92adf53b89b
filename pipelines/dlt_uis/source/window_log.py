"""The table ``sync_windows``: the windows that were read, put down as it happens."""

from __future__ import annotations

from collections.abc import Iterator

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from ..reports.own_names import LOAD_ID, REPORT, SYNC_WINDOWS, USER_ID
from ..tables.columns import window_columns
from ..tables.merging import MERGE, replaces_by
from ..tables.rows import Notice, window_rows
from ..warehouse.columns import adds_nothing
from .empty_tables import FORMAT
from .load_ids import load_id

CLICKHOUSE_SETTINGS = "x-clickhouse-settings"
"""dlt's hint of a table: settings that ClickHouse makes it with."""


class WindowLog:
    """Windows that were read, until the table takes them.

    Attributes:
        is_over: nothing more will be read.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._windows: list[Notice] = []

    def note(self, window: Notice) -> None:
        """A window was read to its end."""
        self._windows.append(window)

    def taken(self) -> list[Notice]:
        """What was noted since this was asked last."""
        taken, self._windows = self._windows, []
        return taken


def windows_resource(log: WindowLog, *, owned: bool) -> DltResource:
    """The table; the customer of ``owned`` rows is a part of their key."""

    def windows() -> Iterator[pa.Table | None]:
        nothing = window_rows([], load_id(), owned=owned)
        if not adds_nothing(SYNC_WINDOWS, nothing):
            yield nothing
        while not log.is_over:
            yield _rows(log, owned=owned)
        yield _rows(log, owned=owned)

    key = (LOAD_ID, REPORT, "window_start")
    resource: DltResource = dlt.resource(
        windows,
        name=SYNC_WINDOWS,
        write_disposition=MERGE,
        file_format=FORMAT,
        primary_key=(*key, USER_ID) if owned else key,
        columns=window_columns(owned=owned),
    )
    # rows of earlier versions have no report: a part of the key that may be null
    resource.apply_hints(additional_table_hints={CLICKHOUSE_SETTINGS: {"allow_nullable_key": True}})
    return replaces_by(resource, LOAD_ID)


def _rows(log: WindowLog, *, owned: bool) -> pa.Table | None:
    """What was noted since; ``None`` lets other resources go first."""
    windows = log.taken()
    return window_rows(windows, load_id(), owned=owned) if windows else None
