"""Cursors that a host's project passes in, and what settings name several of."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import dlt
import pyarrow as pa
import pytest

from dlt_uis.errors import CursorRefused, InvalidSetting
from dlt_uis.localtime.zones import Zone
from dlt_uis.reports.calls import CALLS_REPORT
from dlt_uis.reports.lists import LISTS
from dlt_uis.source.cursor import CustomerCursor, completed
from dlt_uis.source.list_settings import lists_of
from dlt_uis.source.settings import Settings, user_ids_of
from dlt_uis.tables.merging import scope

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "value",
    ["2026-03-01", date(2026, 3, 1), datetime(2026, 3, 1), datetime(2026, 3, 1, 3, tzinfo=None)],
)
def test_values_may_be_dates_times_or_text(value: Any) -> None:
    """Those without an offset are in UTC, as dlt has it."""
    cursor = completed(
        dlt.sources.incremental("start_time", initial_value=value), CALLS_REPORT, DAY
    )
    assert cursor.initial_value is not None
    assert cursor.initial_value.tzinfo is UTC
    assert cursor.initial_value.date() == date(2026, 3, 1)


def test_it_looks_back_as_the_setting_says_unless_it_has_a_lag() -> None:
    assert (
        completed(dlt.sources.incremental("start_time"), CALLS_REPORT, DAY).lag
        == DAY.total_seconds()
    )
    assert completed(dlt.sources.incremental("start_time", lag=7.0), CALLS_REPORT, DAY).lag == 7.0


def test_an_order_of_rows_is_not_made_use_of() -> None:
    """Pages come in none: dlt would stop reading at the first one that is out of range."""
    given = dlt.sources.incremental[Any]("start_time", row_order="desc")
    assert completed(given, CALLS_REPORT, DAY).row_order is None


@pytest.mark.parametrize(
    "given",
    [{"cursor_path": "id"}, {"last_value_func": min}, {"initial_value": "yesterday"}],
)
def test_what_cannot_be_a_cursor_of_calls_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(CursorRefused):
        completed(
            dlt.sources.incremental(**{"cursor_path": "start_time", **given}), CALLS_REPORT, DAY
        )


def test_a_customers_cursor_counts_when_all_has_come_and_never_goes_back() -> None:
    now = datetime(2026, 3, 4, 12, tzinfo=UTC)
    settings, zone = Settings(lookback_days=1, clock=lambda: now), Zone("Europe/Moscow")
    state: dict[str, Any] = {}

    def read(*starts: datetime, whole: bool = True) -> datetime:
        cursor = CustomerCursor(state, CALLS_REPORT, 101)
        for start in starts:
            cursor.saw(pa.table({"start_time": pa.array([start], pa.timestamp("us", "UTC"))}))
        if whole:
            cursor.advance(now)
        return CustomerCursor(state, CALLS_REPORT, 101).start(settings, zone)

    first = datetime(2026, 2, 1, 21, tzinfo=UTC)  # a midnight in Moscow
    assert read() == first
    assert read(now - DAY, whole=False) == first
    assert read(now - DAY, now - 2 * DAY) == now - 2 * DAY
    assert read(now - 5 * DAY) == now - 2 * DAY
    assert read(now + DAY) == now - DAY


@pytest.mark.parametrize(
    ("given", "means"),
    [(None, None), ("", None), (7, 7), ("7", 7), ("[7, 8]", (7, 8)), ([7], (7,)), ([7, 7], (7,))],
)
def test_customers_come_as_toml_and_as_text(given: Any, means: Any) -> None:
    assert user_ids_of(given) == means


@pytest.mark.parametrize("given", ["all", [], ["7"], True, "[1.5]"])
def test_other_customers_are_refused(given: Any) -> None:
    with pytest.raises(InvalidSetting):
        user_ids_of(given)


@pytest.mark.parametrize(
    ("given", "means"),
    [
        (None, ()),
        (False, ()),
        ("false", ()),
        (["tags"], ("tags",)),
        ('["tags", "sites"]', ("tags", "sites")),
        ("tags", ("tags",)),
        (["customers"], ("customers",)),
    ],
)
def test_lists_come_as_toml_and_as_text(given: Any, means: Any) -> None:
    assert lists_of(given, "uis", is_agent=False) == means


@pytest.mark.parametrize("given", [True, "true", "TRUE"])
def test_all_lists_are_those_that_the_brand_has(given: Any) -> None:
    """An agent has some more."""
    ours, agents = (set(lists_of(given, "uis", is_agent=each)) for each in (False, True))
    assert agents == {*LISTS}
    assert agents - ours == {"customers", "customer_users"}
    assert ours - set(lists_of(given, "novofon", is_agent=False)) == {
        "auto_call_campaigns", "chat_channels", "events", "segments", "sources",
        "sources_channels", "sources_groups",
    }  # fmt: skip


def test_a_list_that_is_not_known_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="reference_data"):
        lists_of('["c"]', "uis", is_agent=False)


def test_a_merge_replaces_the_calls_of_the_customers_that_come() -> None:
    """Ids alone are asked for first: there is an index for them."""
    assert scope(("id",)) == "id IN (SELECT id FROM {staging_table})"
    assert scope(("id", "user_id")) == (
        "id IN (SELECT id FROM {staging_table})"
        " AND (id, user_id) IN (SELECT id, user_id FROM {staging_table})"
    )
