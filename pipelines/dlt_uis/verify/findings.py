"""What a verification found: values, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from ..localtime.windows import Window
from ..localtime.zones import Zone
from .comparing import KEY, TIME, Comparison
from .days import Day

EXAMPLES = 20
"""How many calls a day are named, at most, for each kind of difference."""

Kind = Literal["missing", "surplus", "doubled", "changed", "orphan"]


@dataclass(frozen=True)
class Example:
    """A call that differs; for ``changed`` and ``orphan`` in which columns or tables."""

    kind: Kind
    id: int | str
    columns: tuple[str, ...]
    is_settled: bool


@dataclass(frozen=True)
class DayFound:
    """What was found of a local day: calls at the source and in the warehouse, and differences.

    ``missing`` and ``changed`` are calls, ``surplus`` rows of ``calls``; calls that are not
    settled yet count in them too, and are told apart by ``unsettled_missing`` and
    ``unsettled_changed``. Rows of child tables that have no call count as a changed call.
    ``is_compared``: all values were compared, not only counts. ``is_whole``: not just some hours.
    """

    day: date
    source_calls: int
    warehouse_calls: int
    missing: int = 0
    surplus: int = 0
    changed: int = 0
    unsettled_missing: int = 0
    unsettled_changed: int = 0
    is_compared: bool = False
    is_whole: bool = True
    examples: tuple[Example, ...] = ()

    @property
    def is_equal(self) -> bool:
        return not (self.missing or self.surplus or self.changed)

    @property
    def is_settled_equal(self) -> bool:
        """Whether nothing differs but calls that are not settled yet."""
        unsettled = (self.unsettled_missing, self.unsettled_changed)
        return not self.surplus and (self.missing, self.changed) == unsettled

    def as_json(self) -> dict[str, Any]:
        counts = {name: value for name, value in vars(self).items() if name != "examples"}
        return {
            **counts,
            "day": self.day.isoformat(),
            "is_equal": self.is_equal,
            "examples": [{**vars(each), "columns": list(each.columns)} for each in self.examples],
        }


@dataclass(frozen=True)
class Verified:
    """What a verification found of a window (local time of the zone ``timezone``).

    ``before`` is what was found before the repair, empty without one; ``pruned`` how many calls
    were removed. ``seed`` chose the days that were compared, ``None`` if it was not left to
    chance.
    """

    window: Window | None
    timezone: str
    days: tuple[DayFound, ...]
    before: tuple[DayFound, ...]
    pruned: int
    seed: int | None
    points: int
    day_points_left: int | None
    seconds: float

    @property
    def is_equal(self) -> bool:
        return all(day.is_equal for day in self.days)

    @property
    def is_settled_equal(self) -> bool:
        """Whether nothing differs but calls that are not settled yet."""
        return all(day.is_settled_equal for day in self.days)

    def as_json(self) -> dict[str, Any]:
        window = self.window
        return {
            "from": window and window.start.isoformat(),
            "to": window and window.end.isoformat(),
            "timezone": self.timezone,
            "is_equal": self.is_equal,
            "is_settled_equal": self.is_settled_equal,
            "days": [day.as_json() for day in self.days],
            "before_repair": [day.as_json() for day in self.before],
            "pruned": self.pruned,
            "seed": self.seed,
            "points": self.points,
            "day_points_left": self.day_points_left,
            "seconds": round(self.seconds, 3),
        }


def found_of(
    days: Sequence[Day],
    comparison: Comparison,
    *,
    source: pa.ChunkedArray,
    warehouse: pa.ChunkedArray,
    zone: Zone,
    settled: datetime,
) -> Iterator[DayFound]:
    """What a comparison of ``days`` says of each of them.

    Args:
        source, warehouse: when the records began that were compared.
        settled: calls from this instant on are not settled yet.
    """
    ours, theirs = _counts_by_day(source, zone), _counts_by_day(warehouse, zone)
    tables: dict[Kind, pa.Table] = {
        "missing": comparison.missing,
        "surplus": comparison.surplus,
        "doubled": comparison.doubled,
        "changed": comparison.changed,
        "orphan": comparison.orphans,
    }
    dated = {
        kind: rows.append_column("day", zone.dates(rows[TIME]))
        for kind, rows in tables.items()
        if rows.num_rows
    }
    for day in days:
        at = pa.scalar(day.date, pa.date32())
        found = {kind: rows.filter(pc.equal(rows["day"], at)) for kind, rows in dated.items()}
        yield _day_found(day, found, ours.get(day.date, 0), theirs.get(day.date, 0), settled)


def _counts_by_day(times: pa.ChunkedArray, zone: Zone) -> Mapping[date, int]:
    counts = pc.value_counts(zone.dates(times))
    return {each["values"]: each["counts"] for each in counts.to_pylist()}


def _day_found(
    day: Day, found: Mapping[Kind, pa.Table], source: int, warehouse: int, settled: datetime
) -> DayFound:
    late: dict[Kind, pa.Table] = {
        kind: rows.filter(pc.greater_equal(rows[TIME], pa.scalar(settled)))
        for kind, rows in found.items()
        if kind in ("missing", "changed")
    }
    return DayFound(
        day.date,
        source,
        warehouse,
        missing=_calls(found, "missing"),
        surplus=sum(found[kind].num_rows for kind in ("surplus", "doubled") if kind in found),
        changed=_calls(found, "changed") + _calls(found, "orphan"),
        unsettled_missing=_calls(late, "missing"),
        unsettled_changed=_calls(late, "changed"),
        is_compared=True,
        is_whole=day.is_whole,
        examples=tuple(
            example for kind, rows in found.items() for example in _examples(kind, rows, settled)
        ),
    )


def _calls(found: Mapping[Kind, pa.Table], kind: Kind) -> int:
    return pc.count_distinct(found[kind][KEY]).as_py() if kind in found else 0


def _examples(kind: Kind, rows: pa.Table, settled: datetime) -> Iterator[Example]:
    ids = pc.unique(rows[KEY]).sort()[:EXAMPLES]
    few = rows.filter(pc.is_in(rows[KEY], value_set=ids)).to_pylist()
    for id_ in ids.to_pylist():
        mine = [row for row in few if row[KEY] == id_]
        columns = sorted(row["column"] for row in mine if "column" in row)
        early = kind not in ("missing", "changed") or mine[0][TIME] < settled
        yield Example(kind, id_, tuple(columns), early)
