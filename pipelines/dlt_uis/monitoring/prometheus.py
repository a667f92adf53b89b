"""A run's summary in Prometheus' text format, for node_exporter's textfile collector."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from .run_summary import Changes, RunSummary

_PREFIX = "dlt_uis"
_LAST_SUCCESS = f"{_PREFIX}_last_success_timestamp_seconds"
_CHANGES = {
    "new_columns": "Columns that the last run has brought, and tables did not have.",
    "variant_values": "Values in the last run that do not fit their own column.",
    "lost_fields": "Fields that can't be read any more since the last run.",
    "gained_fields": "Fields that can be read again since the last run.",
    "absent_fields": "Fields that are not sent any more since the last run.",
    "returned_fields": "Fields that are sent again since the last run.",
}
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})

_Gauge = tuple[str, str, float | None]
"""Name, meaning, and value, if that is known."""


def exposition(summary: RunSummary) -> str:
    """All metrics of a run; what is not known is left out."""
    return "".join(f"{line}\n" for line in _lines(summary))


def last_success_in(text: str) -> datetime | None:
    """When the last success was, as an earlier exposition tells."""
    found = re.search(rf"^{_LAST_SUCCESS}{{.*}} (\S+)$", text, re.MULTILINE)
    return None if found is None else datetime.fromtimestamp(float(found.group(1)), UTC)


def _lines(summary: RunSummary) -> Iterator[str]:
    labels = {"command": summary.command, "pipeline": summary.pipeline}
    for name, meaning, value in (*_of_run(summary), *_of_changes(summary.changes)):
        if value is not None:
            yield from _head(name, meaning)
            yield f"{_PREFIX}_{name}{_labels(labels)} {value!r}"
    if summary.cursors:
        yield from _head("report_cursor_timestamp_seconds", "When a report's newest record began.")
        for report, cursor in summary.cursors.items():
            told = _labels({**labels, "report": report})
            yield f"{_PREFIX}_report_cursor_timestamp_seconds{told} {cursor.timestamp()!r}"
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


def _of_run(run: RunSummary) -> Iterator[_Gauge]:
    lag, success = run.cursor_lag, _seconds(run.last_success_at)
    yield "success", "Whether the last run succeeded (1) or not (0).", int(run.is_success)
    yield "exit_code", "Exit code of the last run.", run.exit_code
    yield "last_run_timestamp_seconds", "When the last run ended.", run.finished_at.timestamp()
    yield "last_success_timestamp_seconds", "When the last run ended that succeeded.", success
    yield "duration_seconds", "How long the last run took.", run.duration.total_seconds()
    yield "requests", "Requests for calls in the last run.", run.requests
    yield "short", "Records that the API promised and did not return.", run.short or None
    yield "skipped_reports", "Reports that may not be read.", len(run.skipped) or None
    yield "points_left", "Points left of the account's day.", run.points_left
    newest = "When the newest call began that a sync has loaded."
    yield "cursor_timestamp_seconds", newest, _seconds(run.cursor)
    how_long = "How long before the end of the last run that was."
    yield "cursor_lag_seconds", how_long, None if lag is None else lag.total_seconds()


def _of_changes(changes: Changes) -> Iterator[_Gauge]:
    for name, meaning in _CHANGES.items():
        found: int | Sequence[str] = getattr(changes, name)
        yield name, meaning, found if isinstance(found, int) else len(found)


def _head(name: str, meaning: str) -> Iterator[str]:
    yield f"# HELP {_PREFIX}_{name} {meaning}"
    yield f"# TYPE {_PREFIX}_{name} gauge"


def _labels(labels: Mapping[str, str]) -> str:
    named = (f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return "{" + ",".join(named) + "}"


def _seconds(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
