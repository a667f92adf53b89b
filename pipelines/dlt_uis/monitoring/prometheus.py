"""A run's summary in Prometheus' text format, for node_exporter's textfile collector."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from .run_summary import RunSummary

_PREFIX = "dlt_uis"
_LAST_SUCCESS = f"{_PREFIX}_last_success_timestamp_seconds"
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def exposition(summary: RunSummary) -> str:
    """All metrics of a run; what is not known is left out."""
    return "".join(f"{line}\n" for line in _lines(summary))


def last_success_in(text: str) -> datetime | None:
    """When the last success was, as an earlier exposition tells."""
    found = re.search(rf"^{_LAST_SUCCESS}{{.*}} (\S+)$", text, re.MULTILINE)
    return None if found is None else datetime.fromtimestamp(float(found.group(1)), UTC)


def _lines(summary: RunSummary) -> Iterator[str]:
    labels = {"command": summary.command, "pipeline": summary.pipeline}
    lag = summary.cursor_lag
    gauges: list[tuple[str, str, float | None]] = [
        ("success", "Whether the last run succeeded (1) or not (0).", int(summary.is_success)),
        ("exit_code", "Exit code of the last run.", summary.exit_code),
        (
            "last_run_timestamp_seconds",
            "When the last run ended.",
            summary.finished_at.timestamp(),
        ),
        (
            "last_success_timestamp_seconds",
            "When the last run ended that succeeded.",
            _seconds(summary.last_success_at),
        ),
        ("duration_seconds", "How long the last run took.", summary.duration.total_seconds()),
        ("requests", "Requests for calls in the last run.", summary.requests),
        ("short", "Calls that the API promised and did not return.", summary.short or None),
        (
            "new_columns",
            "Columns that the last run has brought, and tables did not have.",
            len(summary.changes.new_columns),
        ),
        (
            "variant_values",
            "Values in the last run that do not fit their own column.",
            summary.changes.variant_values,
        ),
        ("points_left", "Points left of the account's day.", summary.points_left),
        (
            "cursor_timestamp_seconds",
            "When the newest call began that a sync has loaded.",
            _seconds(summary.cursor),
        ),
        (
            "cursor_lag_seconds",
            "How long before the end of the last run that was.",
            None if lag is None else lag.total_seconds(),
        ),
    ]
    for name, meaning, value in gauges:
        if value is not None:
            yield from _head(name, meaning)
            yield f"{_PREFIX}_{name}{_labels(labels)} {value!r}"
    yield from _by_table("rows", "Rows that the last run loaded.", summary.rows, labels)
    for state in ("new", "changed", "unchanged"):
        rows = {table: getattr(merged, state) for table, merged in summary.merged.items()}
        yield from _by_table(f"rows_{state}", f"Those of them that were {state}.", rows, labels)


def _by_table(
    name: str, meaning: str, counts: Mapping[str, int], labels: Mapping[str, str]
) -> Iterator[str]:
    if counts:
        yield from _head(name, meaning)
    for table, count in sorted(counts.items()):
        yield f"{_PREFIX}_{name}{_labels({**labels, 'table': table})} {count}"


def _head(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {meaning}"
    yield f"# TYPE {_PREFIX}_{name} gauge"


def _labels(labels: Mapping[str, str]) -> str:
    named = (f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return "{" + ",".join(named) + "}"


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
