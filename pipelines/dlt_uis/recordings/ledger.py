"""The ledger, table ``recordings``: what came of each recording that was ever asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract.resource import DltResource

from ..progress import Progress
from ..reports.fields import TIMESTAMP
from ..reports.own_names import APP_ID, LOAD_ID, OWNER_COLUMNS, RECORDINGS, USER_ID
from ..runner.job import run
from ..source.load_ids import load_id
from ..tables.columns import recorded_columns
from ..tables.merging import MERGE, replaces_by
from .recording import KEY

RECORDING_COLUMNS: Mapping[str, tuple[pa.DataType, str]] = {
    "call_id": (pa.int64(), "Id of the call; calls.id."),
    "kind": (pa.string(), "talk, wav, voice_mail, or full for the whole call."),
    "record_id": (pa.string(), "Id of the recording, a secret: a part of its link."),
    "path": (pa.string(), "Where the file is: a path, or an address such as s3://…."),
    "bytes": (pa.int64(), "Length of the file."),
    "sha256": (pa.string(), "Hash of the file, in hexadecimal digits."),
    "content_type": (pa.string(), "Type of the content, as the server told it."),
    "status": (pa.string(), "stored, pending, gone, refused or forgotten."),
    "attempts": (pa.int64(), "How often it was asked for."),
    "first_tried_at": (TIMESTAMP, "When it was first asked for."),
    "last_tried_at": (TIMESTAMP, "When it was last asked for, or forgotten."),
}
"""Columns of ``recordings``: type and meaning."""

_OF_FILES = ("path", "bytes", "sha256", "content_type")

Row = Mapping[str, Any]
"""A row of the ledger, but for what a load adds."""


@dlt.source(name="uis_recordings", section="uis_recordings", max_table_nesting=0)
def recordings_source(rows: Sequence[Row], *, owned: bool) -> DltResource:
    """A source of ``recordings``; a schema of its own, as the sync's may change meanwhile.

    Args:
        owned: whether rows tell their customer.
    """
    columns = dict(RECORDING_COLUMNS) | (dict(OWNER_COLUMNS) if owned else {})

    def recordings() -> Iterator[pa.Table]:
        yield _table(rows, columns)

    key = (*KEY, USER_ID) if owned else KEY
    resource = dlt.resource(
        recordings,
        name=RECORDINGS,
        write_disposition=MERGE,
        file_format="parquet",
        primary_key=key,
        columns=recorded_columns(columns, optional={*_OF_FILES, APP_ID}),
    )
    return replaces_by(resource, *key)


def _table(rows: Sequence[Row], columns: Mapping[str, tuple[pa.DataType, str]]) -> pa.Table:
    types = {name: type_ for name, (type_, _) in columns.items()} | {LOAD_ID: pa.string()}
    optional = {*_OF_FILES, APP_ID}
    schema = pa.schema([pa.field(name, type_, name in optional) for name, type_ in types.items()])
    load = load_id()
    return pa.Table.from_pylist(
        [{name: row.get(name) for name in columns} | {LOAD_ID: load} for row in rows],
        schema=schema,
    )


def record(pipeline: dlt.Pipeline, rows: Sequence[Row], *, owned: bool) -> None:
    """Merges rows into the ledger, in one load.

    Args:
        pipeline: not the sync's, whose cursor stays as it is.

    Raises:
        UisError: see :func:`.runner.job.run`.
    """
    run(pipeline, partial(recordings_source, rows, owned=owned), Progress())
