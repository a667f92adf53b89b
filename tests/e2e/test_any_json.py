"""Whatever JSON the API sends, in any field, element and name: a page is loaded, and loaded again.

Each example is one load of many odd values into the same warehouse, and a second one of the same.
What can't be kept as documented is in a variant column, repaired, or counted.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import dlt
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from dlt_uis.decoding.decoder import Decoder
from dlt_uis.decoding.names import Names, stored_columns_of
from dlt_uis.decoding.shape import shape_of
from dlt_uis.localtime.windows import Window
from dlt_uis.localtime.zones import Zone
from dlt_uis.privacy.pages import Privacy
from dlt_uis.progress import Progress
from dlt_uis.reading.tally import Tally
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import Type
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.source.resources import chunk_source
from dlt_uis.source.settings import ReportSettings
from dlt_uis.tables.rows import Item, Notice, empty_page, to_instants
from dlt_uis.verify.checking import tables_of
from dlt_uis.verify.comparing import compare
from dlt_uis.verify.stored_rows import Warehouse
from dlt_uis.warehouse.columns import stored_columns

EXAMPLES = int(os.environ.get("ANY_JSON_EXAMPLES", "3"))
DESTINATION = os.environ.get("ANY_JSON_DESTINATION", "duckdb")

WINDOW = Window(datetime(2026, 1, 1), datetime(2026, 4, 1))
ZONE = Zone("Europe/Berlin")
CALL = {"id": 1, "start_time": "2026-03-01 10:00:00"}
DOCUMENTED = {
    *CALLS_REPORT.names,
    *(item.name for array in CALLS_REPORT.arrays for item in array.items),
    "value",
}

odd_text = st.sampled_from(
    [
        "", " ", "\0", "a\0b", "\ud800", "x\udc00y", "\udcff", "�", "NaN", "null", "true",
        "0x10", "1e400", "1_0", " 5", "5.", ".5", "+5", "-0", "٣", "1e999999999", "🎉", "\x01\x7f",
        "2026-01-31", "2026-02-30", "2026-01-31T10:00:00Z", "2025-10-26 02:30:00+01:00",
        "2026-01-31 10:00:00 +0300", "2026-01-31 24:00:00", "0000-00-00 00:00:00",
        "0001-01-01 00:00:00", "9999-12-31 23:59:59", "9999-12-31 23:59:59-05:00",
        "10000-01-01 00:00:00", "2026-01-31 10:00:00.1234567", "2026-W05-1", "2500-07-01 00:00:00",
        '"', "\\", "'", "{}", "[]", "%s", "\n", "\\N", "я" * 70_000,
    ]
)  # fmt: skip
names = (
    st.sampled_from(
        [
            *CALLS_REPORT.names, "holdDuration", "hold_duration", "HOLD_DURATION", "Talk_Duration",
            "_dlt_load_id", "_dlt_id", "_dlt_parent_id", "call_id", "position", "value", "_deleted",
            "app_id", "user_id", "sale_cost__v_text", "value__v_text", "holdDuration__v_text",
            "hold_duration__v_text", "", " ", "__", ".", "xmin", "rowid", "ctid", "x" * 300,
            "x" * 299 + "y", "\0", "\ud800", "tag_id", "Tag_Id", "start_time\0exact", "id\0text",
        ]
    )
    | st.text(max_size=6)
    | odd_text.filter(lambda text: len(text) < 1_000)
)  # fmt: skip
numbers = (
    st.integers()
    | st.sampled_from([2**63, -(2**63), 2**63 - 1, 10**30, 10**400])
    | st.floats()
    | st.sampled_from([0.1, 1e-10, 1e29, 123456789.123456789])
)
scalars = st.none() | st.booleans() | numbers | odd_text | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=6,
)
elements = st.dictionaries(names, values, max_size=5)
arrays = st.sampled_from([array.name for array in CALLS_REPORT.arrays])
records = st.builds(
    lambda fields, array, items: {**fields, array: items},
    st.dictionaries(names, values, max_size=8),
    arrays,
    st.lists(elements | values, max_size=3) | values,
)
pages = st.lists(records, min_size=15, max_size=25)


def answer(calls: list[dict[str, Any]]) -> bytes:
    result = {"metadata": {"total_items": len(calls)}, "data": calls}
    text = json.dumps({"jsonrpc": "2.0", "id": 7, "result": result}, ensure_ascii=False)
    # halves of surrogate pairs become bytes that are no UTF-8
    return text.encode("utf-8", "surrogatepass")


def repaired(text: str) -> str:
    sent = text.encode("utf-8", "surrogatepass")
    return sent.decode("utf-8", "replace").replace("\0", "\ufffd")


ASKED = ReportSettings(CALLS_REPORT, "uis", Privacy(CALLS_REPORT))


@dataclass
class Chunk:
    """What :func:`chunk_source` loads: one page, as a backfill would."""

    body: bytes
    names: Names
    fields: tuple[str, ...] = CALLS_REPORT.names

    def __post_init__(self) -> None:
        self.extraction: Any = SimpleNamespace(
            names=self.names, is_owned=False, report=CALLS_REPORT, asked=ASKED
        )
        self.envelope = Decoder(CALLS_REPORT, ZONE, self.names).decode(self.body, self.fields)
        assert self.envelope.data is not None
        # the reader brings each id of an answer once
        self.page = to_instants(
            Tally(WINDOW, CALLS_REPORT).take(self.envelope.data), CALLS_REPORT, ZONE
        )

    def pages(self) -> Generator[Item, None, None]:
        nothing = empty_page(CALLS_REPORT, shape_of(CALLS_REPORT))
        yield Notice(nothing, span=WINDOW)
        yield self.page

    def remember(self, state: dict[str, Any]) -> None:
        """Nothing."""


def load(pipeline: dlt.Pipeline, body: bytes) -> Chunk:
    """Decodes and loads a page, knowing only what the warehouse knows."""
    names = Names(CALLS_REPORT, pipeline.destination_client().schema.naming)
    names.know(stored_columns_of(CALLS_REPORT, stored_columns(pipeline)))
    chunk = Chunk(body, names)
    run(pipeline, lambda: chunk_source(chunk), Progress())
    return chunk


def assert_kept(records: list[dict[str, Any]], chunk: Chunk) -> None:
    """Every documented value is in its column, in the variant column, or repaired text."""
    data = chunk.envelope.data
    assert data is not None
    assert len(data) + len(chunk.envelope.refused) == len(records)
    rows = {row["referrer"]: row for row in chunk.page.to_pylist()}
    for record in records:
        row = rows.get(record["referrer"])
        if row is None:
            continue  # it is counted
        for field in CALLS_REPORT.scalars:
            value, variant = record.get(field.name), f"{field.name}__v_text"
            if value is None or (value == "" and field.type is not Type.TEXT):
                assert row[field.name] is None and row.get(variant) is None, field.name
            elif field.type is Type.TEXT and isinstance(value, str):
                assert row[field.name] == repaired(value), field.name
            else:
                assert (row[field.name] is None) != (row.get(variant) is None), field.name


def assert_alike_alone(records: list[dict[str, Any]], chunk: Chunk) -> None:
    """What becomes of a documented field's value does not depend on the page that it is on."""
    together = {row["referrer"]: row for row in chunk.page.to_pylist()}
    for record in records:
        alone = Decoder(CALLS_REPORT, ZONE, chunk.names).decode(answer([record]), chunk.fields).data
        assert alone is not None
        for row in to_instants(alone, CALLS_REPORT, ZONE).to_pylist():
            other = together[row["referrer"]]
            assert _documented(row) == _documented(other)


def _documented(value: Any) -> Any:
    """Without undocumented fields, whose types are those of their first page, and nulls."""
    if isinstance(value, dict):
        return {
            name: _documented(each)
            for name, each in value.items()
            if each is not None and name.removesuffix("__v_text") in DOCUMENTED
        }
    if isinstance(value, list):
        return [_documented(each) for each in value]
    return value


def assert_stored(pipeline: dlt.Pipeline, chunk: Chunk) -> None:
    """The warehouse holds what was decoded, in the eyes of a verification."""
    ids = chunk.page["id"].combine_chunks()
    source = tables_of(CALLS_REPORT, [chunk.page])
    every = [(datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))]
    stored = {
        name: rows.filter(pc.is_in(rows["id" if name == "calls" else "call_id"].cast("int64"), ids))
        for name, rows in Warehouse(pipeline, CALLS_REPORT).rows(every).items()
    }
    found = compare(CALLS_REPORT, source, stored)
    for name in ("missing", "surplus", "doubled", "changed", "orphans"):
        assert not getattr(found, name).num_rows, (name, getattr(found, name).to_pylist())


def check(records: list[dict[str, Any]]) -> None:
    records = [
        {**CALL, "id": number, **record, "referrer": f"r{number}"}
        for number, record in enumerate(records)
    ]
    pipeline = make_pipeline(DESTINATION)
    for _ in range(2):
        chunk = load(pipeline, answer(records))
    assert_kept(records, chunk)
    assert_alike_alone(records, chunk)
    assert_stored(pipeline, chunk)


@pytest.mark.parametrize("examples", [EXAMPLES, pytest.param(12, marks=pytest.mark.cross)])
def test_any_json_is_loaded_twice(examples: int) -> None:
    tried = settings(
        max_examples=examples,
        derandomize=examples <= 25,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    tried(given(records=pages)(check))()
