"""Any set of deletions, changes, additions and copies is found, each exactly, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from dlt_uis.localtime.windows import Window
from dlt_uis.localtime.zones import Zone
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.fields import TIMESTAMP
from dlt_uis.verify.comparing import compare
from dlt_uis.verify.days import Day, days_of
from dlt_uis.verify.findings import found_of

CALLS = pa.schema(
    [
        ("id", pa.int64()),
        ("start_time", TIMESTAMP),
        ("sale_cost", pa.decimal128(38, 9)),
        ("scenario_name", pa.string()),
        ("_dlt_load_id", pa.string()),
    ]
)
TAGS = pa.schema(
    [
        ("call_id", pa.int64()),
        ("call_start_time", TIMESTAMP),
        ("position", pa.int64()),
        ("tag_name", pa.string()),
    ]
)
T0 = datetime(2026, 3, 28, 20, tzinfo=UTC)
ZONE = Zone("Europe/Berlin")
WHOLE = Window(datetime(2026, 3, 28), datetime(2026, 4, 2))
DAYS = days_of(WHOLE, WHOLE.end)

Row = dict[str, Any]


@dataclass
class Scene:
    """Both sides' rows, and what was done to the warehouse's."""

    calls: list[Row]
    tags: list[Row]
    stored_calls: list[Row] = field(default_factory=list)
    stored_tags: list[Row] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)
    surplus: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    changed: set[tuple[int, str]] = field(default_factory=set)
    orphans: set[tuple[int, str]] = field(default_factory=set)

    def tables(self) -> tuple[Mapping[str, pa.Table], Mapping[str, pa.Table]]:
        return (
            {"calls": table(self.calls, CALLS), "calls__tags": table(self.tags, TAGS)},
            {
                "calls": table(self.stored_calls, CALLS),
                "calls__tags": table(self.stored_tags, TAGS),
            },
        )


def table(rows: list[Row], schema: pa.Schema) -> pa.Table:
    """Rows in two chunks, as pages come."""
    half = len(rows) // 2
    parts = [pa.Table.from_pylist(part, schema=schema) for part in (rows[:half], rows[half:])]
    return pa.concat_tables(parts)


COSTS = st.one_of(st.none(), st.decimals(0, 99, places=2))
TEXTS = st.one_of(st.none(), st.sampled_from(["", "a", "я", "👋"]))
FATES = st.sampled_from(["same", "same", "delete", "cost", "name", "untag", "tag", "copy"])


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    scene = Scene([], [])
    for id_ in draw(st.lists(st.integers(1, 10**12), unique=True, max_size=12)):
        start = T0 + timedelta(minutes=draw(st.integers(0, 5_000)))
        call = {"id": id_, "start_time": start, "sale_cost": draw(COSTS)}
        call |= {"scenario_name": draw(TEXTS), "_dlt_load_id": ""}
        tags = [
            {"call_id": id_, "call_start_time": start, "position": place, "tag_name": name}
            for place, name in enumerate(draw(st.lists(TEXTS, max_size=3)))
        ]
        scene.calls.append(call)
        scene.tags += tags
        meet_fate(scene, draw(FATES), call, tags)
    for id_ in draw(st.lists(st.integers(-9, 0), unique=True, max_size=4)):
        add_stranger(scene, id_, has_call=draw(st.booleans()), has_tag=draw(st.booleans()))
    draw(st.randoms()).shuffle(scene.stored_calls)
    return scene


def meet_fate(scene: Scene, fate: str, call: Row, tags: list[Row]) -> None:
    """Puts a call into the warehouse, or something else than it."""
    id_ = call["id"]
    stored, stored_tags = [{**call, "_dlt_load_id": "1"}], [dict(tag) for tag in tags]
    if fate == "delete":
        stored = []
        scene.missing.add(id_)
    elif fate == "cost":
        stored[0]["sale_cost"] = Decimal(100) if call["sale_cost"] is None else None
        scene.changed.add((id_, "sale_cost"))
    elif fate == "name":
        stored[0]["scenario_name"] = "other"
        scene.changed.add((id_, "scenario_name"))
    elif fate == "untag" and tags:
        stored_tags.pop()
        scene.changed.add((id_, "calls__tags"))
    elif fate == "tag":
        if tags:
            stored_tags[0]["tag_name"] = "other"
            scene.changed.add((id_, "calls__tags.tag_name"))
        new = {"call_id": id_, "call_start_time": call["start_time"], "position": 2**62}
        stored_tags.append({**new, "tag_name": None})
        scene.changed.add((id_, "calls__tags"))
    elif fate == "copy":
        stored = [stored[0], dict(stored[0])]
        scene.doubled.add(id_)
    scene.stored_calls += stored
    scene.stored_tags += stored_tags


def add_stranger(scene: Scene, id_: int, *, has_call: bool, has_tag: bool) -> None:
    """Puts rows of a call into the warehouse that the source does not have."""
    if has_call:
        scene.stored_calls.append({"id": id_, "start_time": T0, "_dlt_load_id": "1"})
        scene.surplus.add(id_)
    if has_tag:
        scene.stored_tags.append({"call_id": id_, "call_start_time": T0, "position": 0})
        if not has_call:
            scene.orphans.add((id_, "calls__tags"))


@given(scenes())
def test_what_was_done_to_the_warehouse_is_what_is_found(scene: Scene) -> None:
    comparison = compare(CALLS_REPORT, *scene.tables())
    assert ids(comparison.missing) == sorted(scene.missing)
    assert ids(comparison.surplus) == sorted(scene.surplus)
    assert ids(comparison.doubled) == sorted(scene.doubled)
    assert changes(comparison.changed) == sorted(scene.changed)
    assert changes(comparison.orphans) == sorted(scene.orphans)


@given(scenes(), st.integers(0, 5_000))
def test_each_difference_is_told_of_its_day(scene: Scene, minutes: int) -> None:
    """And counts add up: what is missing and what is surplus explain the difference of counts."""
    source, warehouse = scene.tables()
    settled = T0 + timedelta(minutes=minutes)
    comparison = compare(CALLS_REPORT, source, warehouse)
    found = found_of(
        DAYS, comparison, source=source["calls"]["start_time"],
        warehouse=warehouse["calls"]["start_time"],
        zone=ZONE, settled=settled,
    )  # fmt: skip
    starts = {call["id"]: call["start_time"] for call in scene.calls}
    for day, each in zip(DAYS, found, strict=True):
        assert each.source_calls == len([s for s in starts.values() if local_day(s) == day.date])
        assert each.warehouse_calls == each.source_calls - each.missing + each.surplus
        changed = {id_ for id_, _ in scene.changed}
        of_day = {
            kind: [id_ for id_ in some if local_day(starts[id_]) == day.date]
            for kind, some in (("missing", scene.missing), ("changed", changed))
        }
        assert each.missing == len(of_day["missing"])
        assert each.unsettled_missing == len([i for i in of_day["missing"] if starts[i] >= settled])
        assert each.unsettled_changed == len([i for i in of_day["changed"] if starts[i] >= settled])
        assert each.is_equal == (not each.examples)


def local_day(instant: datetime) -> date:
    return ZONE.local(instant).date()


def ids(rows: pa.Table) -> list[int]:
    return sorted(rows["key"].to_pylist())


def changes(rows: pa.Table) -> list[tuple[int, str]]:
    return sorted(zip(rows["key"].to_pylist(), rows["column"].to_pylist(), strict=True))


def test_a_column_of_another_type_is_compared_as_text() -> None:
    source = pa.table({"id": [1, 2], "start_time": pa.array([T0, T0], TIMESTAMP), "n": [7, 8]})
    stored = source.set_column(2, "n", pa.array(["7", "eight"]))
    comparison = compare(CALLS_REPORT, {"calls": source}, {"calls": stored})
    assert changes(comparison.changed) == [(2, "n")]


def test_parts_of_days_are_told_from_whole_ones() -> None:
    noon = datetime(2026, 3, 1, 12)
    parts = days_of(Window(noon, datetime(2026, 3, 3, 6)), present=datetime(2026, 5, 1))
    assert [(day.date.day, day.is_whole) for day in parts] == [(1, False), (2, True), (3, False)]
    (today,) = days_of(Window(datetime(2026, 3, 1), noon), present=noon)
    assert today == Day(Window(datetime(2026, 3, 1), noon), True)
