"""The overview from the command line: its figures are the account's, and a browser draws it."""

from __future__ import annotations

import base64
import gzip
import json
import re
import shutil
import sys
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner, Result
from plotly.offline import get_plotlyjs

from dlt_uis import uis_source
from dlt_uis.backfill.job import Backfill
from dlt_uis.cli.main import cli
from dlt_uis.overview.coverage import State
from dlt_uis.overview.loads import Kind
from dlt_uis.overview.questions import ask
from dlt_uis.progress import Progress
from dlt_uis.runner.job import run
from dlt_uis.runner.pipelines import make_pipeline
from dlt_uis.sandbox import Account, Sandbox
from dlt_uis.verify.job import Verify
from tests.browser import browse, find_browser

from .copies import copy_of_a_run
from .truth import arrays_but
from .view_truth import Truth, nearest_rank

OVERVIEW = Path("uis-overview.html")


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Account, Path]:
    """An account, and what a sync of it leaves."""
    now = datetime.now(UTC).replace(microsecond=0)
    account = Account(calls=400, days=20, now=now, timezone="America/New_York")
    folder = tmp_path_factory.mktemp("synced")
    with pytest.MonkeyPatch.context() as patch, Sandbox(account) as sandbox:
        patch.chdir(folder)
        patch.setenv("DLT_DATA_DIR", str(folder / "dlt"))
        sync(sandbox)
    return account, folder


@pytest.fixture
def account(loaded: tuple[Account, Path], tmp_path: Path) -> Account:
    account, folder = loaded
    copy_of_a_run(folder, tmp_path)
    return account


def sync(sandbox: Sandbox, *resources: str, **given: Any) -> None:
    """Loads few tables: the page shows calls and loads."""
    few = {"exclude_fields": arrays_but("employees"), **given}
    source = uis_source(api_url=sandbox.url, access_token=sandbox.access_token, **few)
    run(make_pipeline(), source.with_resources(*resources) if resources else source, Progress())


def overview(*options: str) -> Result:
    return CliRunner().invoke(cli, ["overview", *options])


def written() -> str:
    result = overview("--language", "en")
    assert result.exit_code == 0, result.output
    return OVERVIEW.read_text("utf-8")


def charts_of(page: str) -> dict[str, Any]:
    text = page.split('id="charts">', 1)[1].split("</script>", 1)[0]
    charts: dict[str, Any] = json.loads(text)
    return charts


def test_the_figures_are_the_accounts(account: Account) -> None:
    """Calls by local day and direction, and lost ones, as the account itself counts them."""
    truth: Counter[tuple[date, str]] = Counter()
    lost: Counter[date] = Counter()
    for call in account.truth():
        day = date.fromisoformat(call["start_time"][:10])
        truth[day, call["direction"]] += 1
        lost[day] += bool(call["is_lost"])
    facts = ask(make_pipeline())
    assert facts.zone.name == account.timezone
    assert facts.calls == len(account.truth())
    found = {
        (day, direction): count
        for day, calls in facts.days.items()
        for direction, count in calls.by_direction.items()
    }
    assert found == truth
    assert {day: calls.lost for day, calls in facts.days.items()} == lost
    assert [load.rows for load in facts.loads] == [facts.calls]


def test_loads_that_overlap_and_leave_a_gap() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    account = Account(calls=300, days=40, now=now)
    day = timedelta(days=1)
    with Sandbox(account) as sandbox:
        for ago, end in ((40, 32), (34, 25), (10, 2)):
            bounds = {"start_date": str((now - ago * day).date()),
                      "end_date": str((now - end * day).date())}  # fmt: skip
            sync(sandbox, **bounds)
    facts = ask(make_pipeline())
    assert len(facts.spans) == 2
    assert facts.load_count == len(facts.loads) == 3
    page = written()
    first, last = (now - 24 * day).date(), (now - 11 * day).date()
    assert f"dlt-uis backfill --from {first} --to {last}" in page
    assert sum(state is State.GAP for state in states(page)) == 14
    counts = Counter(states(page))
    assert counts[State.PARTIAL] == 0
    whole = counts[State.LOADED]
    assert f"<dd>{whole} whole</dd>" in page
    assert f"{whole} days whole, none partial, 14 not loaded. 1 gap." in page


def test_a_day_that_was_loaded_in_part_is_called_partial() -> None:
    """Here the one in which reading ended. There is no gap for that."""
    account = Account(calls=60, days=5, now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    with Sandbox(account) as sandbox:
        sync(sandbox, start_date="2026-02-27", clock=account.now)
    page = written()
    assert Counter(states(page)) == {State.LOADED: 5, State.PARTIAL: 1}
    assert "<dd>5 whole</dd>" in page
    assert "5 days whole, 1 partial. No gaps" in page


@pytest.mark.parametrize(
    "destination",
    [
        "duckdb",
        pytest.param("filesystem", marks=pytest.mark.cross),
        pytest.param("postgres", marks=pytest.mark.cross),
        pytest.param("bigquery", marks=pytest.mark.cross),
    ],
)
def test_loads_say_what_they_were(destination: str, request: pytest.FixtureRequest) -> None:
    """A sync that finds nothing new too. Once the table of states is gone, none is called so."""
    if destination in ("postgres", "bigquery"):
        request.getfixturevalue(destination)
    account = Account(calls=60, days=20, now=datetime(2026, 3, 4, 12, tzinfo=UTC))
    with Sandbox(account) as sandbox, pytest.MonkeyPatch.context() as patched:
        patched.setenv("DESTINATION__FILESYSTEM__BUCKET_URL", str(Path("lake").absolute()))
        source: dict[str, Any] = {
            "api_url": sandbox.url, "access_token": sandbox.access_token, "clock": account.now,
            "exclude_fields": arrays_but("employees"),
        }  # fmt: skip

        def pipeline() -> Any:
            return make_pipeline(destination)

        for _ in range(3):
            run(pipeline(), partial(uis_source, start_date="2026-02-20", **source), Progress())
        Backfill(pipeline(), "2026-02-10", "2026-02-19", source=source).run()
        found = [Kind.SYNC, Kind.SYNC, Kind.SYNC, Kind.BACKFILL]
        if destination != "filesystem":  # there nothing is repaired
            for start in ("2026-02-15", "2026-02-12"):
                with pipeline().sql_client() as client:
                    calls = client.make_qualified_table_name("calls")
                    client.execute_sql(f"DELETE FROM {calls} WHERE start_time >= '{start}'")
                Verify(pipeline(), start, "2026-02-19", source=source).run(repair=True)
            found += [Kind.REPAIR, Kind.REPAIR]
        assert [load.kind for load in reversed(ask(pipeline()).loads)] == found
        result = overview("--destination", destination)
        assert result.exit_code == 0, result.output
        row = OVERVIEW.read_text("utf-8").split("Latest loads")[1].split("</tr>")[1]
        assert f"<td>{found[-1].value}</td>" in row

        if destination == "filesystem":
            shutil.rmtree("lake/uis_data/_dlt_pipeline_state")
        else:
            with pipeline().sql_client() as client:
                gone = client.make_qualified_table_name("_dlt_pipeline_state")
                client.execute_sql(f"DROP TABLE {gone}")
        kinds = {load.kind for load in ask(pipeline()).loads}
        assert kinds == {Kind.UNKNOWN, Kind.EITHER}


def states(page: str) -> list[State]:
    """The states of the calendar's cells."""
    return [
        list(State)[state]
        for trace in charts_of(page)["calendar"]["data"]
        if "text" in trace
        for row in trace["z"]
        for state in row
        if state is not None
    ]


def test_what_verify_found_is_shown(account: Account) -> None:
    good, bad = ((account.now() - timedelta(days=ago)).date() for ago in (6, 5))
    verdicts = [(good, 0), (bad, 2)]
    with duckdb.connect("uis.duckdb") as connection:
        connection.execute(
            "CREATE TABLE uis_data.verified_days (day DATE, source_calls BIGINT, warehouse_calls"
            " BIGINT, missing BIGINT, surplus BIGINT, changed BIGINT, is_compared BOOLEAN,"
            " is_equal BOOLEAN, verified_at TIMESTAMPTZ, _dlt_load_id VARCHAR)"
        )
        for day, missing in verdicts:
            connection.execute(
                "INSERT INTO uis_data.verified_days"
                " VALUES (?, 20, ?, ?, 0, 0, true, ?, now(), '1')",
                [day, 20 - missing, missing, not missing],
            )
    page = written()
    found = Counter(states(page))
    assert (found[State.EQUAL], found[State.DIFFERENT], found[State.GAP]) == (1, 1, 0)
    assert "1 differ" in page
    assert "Days that differ from the source" in page
    assert f"<code>dlt-uis verify --repair --from {bad} --to {bad}</code>" in page
    assert page.count("dlt-uis verify") == 1


class References(HTMLParser):
    """What a page would load or link to."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        names = ("src", "href", "srcset", "data", "poster", "action")
        self.found += [value or "" for name, value in attrs if name in names]


def test_the_file_loads_nothing(account: Account) -> None:
    """It refers to no other file, and forbids the browser to load one."""
    del account
    page = written()
    references = References()
    references.feed(page)
    assert references.found == []
    assert references.tags["link"] == references.tags["img"] == 0
    assert references.tags["script"] == 3
    style = page.split("<style>", 1)[1].split("</style>", 1)[0]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in page


def test_the_file_can_be_mailed(account: Account) -> None:
    """It has 3 MB at most, plotly included, and what is compressed in it is plotly's own script."""
    page = written()
    assert OVERVIEW.stat().st_size <= 3_000_000
    packed = page.split('id="plotly">', 1)[1].split("</script>", 1)[0]
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert account.count()


class Drawn(HTMLParser):
    """How many elements of each class a page has, and by name."""

    def __init__(self) -> None:
        super().__init__()
        self.classes: Counter[str] = Counter()
        self.tags: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.classes.update((dict(attrs).get("class") or "").split())


def test_a_browser_without_network_draws_the_charts(account: Account) -> None:
    """Every chart has its marks in the page, and no script failed."""
    browser = find_browser()
    if browser is None:
        pytest.skip("no browser: install chromium or Google Chrome, or name one in CHROME")
    written()
    done = browse(browser, OVERVIEW, "--window-size=1200,2000", "--dump-dom")
    assert done.returncode == 0, done.stderr[-2000:]
    assert not re.findall(r".*CONSOLE.*", done.stderr)
    drawn = Drawn()
    drawn.feed(done.stdout)
    # of the period that is shown: service, hours, waits
    assert drawn.classes["js-plotly-plot"] == 3 + 3
    assert drawn.tags["image"] >= 2, "the calendar's cells"
    facts = ask(make_pipeline())
    bars = sum(len(calls.by_direction) for calls in facts.days.values()) + len(facts.loads)
    assert drawn.classes["point"] >= bars
    assert drawn.classes["js-line"] >= 1, "the share of lost calls"
    assert account.timezone in done.stdout


def test_the_business_figures_are_the_accounts(account: Account) -> None:
    """Of each period: what was answered and missed, when, what became of it, who answered."""
    truth = Truth(account)
    business = ask(make_pipeline()).business
    assert business is not None
    assert [period.days for period in business.periods] == [7, 30]
    for period in business.periods:
        rows = {
            view: [row for row in truth.rows(view) if row["date"] >= period.first]
            for view in ("service_by_day", "call_facts", "missed_calls", "employees_by_day")
        }
        for name in ("incoming", "answered", "missed"):
            assert period.total(name) == sum(row[name] for row in rows["service_by_day"])
        calls = [row for row in rows["call_facts"] if row["direction"] == "in"]
        hours = Counter((row["weekday"], row["hour"]) for row in calls)
        assert {at: incoming for at, (incoming, _) in period.hours.items()} == hours
        waits = [row["wait_seconds"] for row in calls]
        assert period.wait == (nearest_rank(waits, 1, 2), nearest_rank(waits, 9, 10))
        fates = Counter((row["outcome"], row["is_within_sla"]) for row in rows["missed_calls"])
        assert period.fates == fates
        offered: Counter[str] = Counter()
        for row in rows["employees_by_day"]:
            offered[row["employee"]] += row["offered"]
        shown = [(employee.name, employee.offered) for employee in period.employees]
        assert dict(shown).items() <= offered.items()
        assert [count for _, count in shown] == sorted(offered.values(), reverse=True)[:8]
        assert period.deals is not None
        assert period.deals[0] == sum(row["is_sale"] for row in rows["call_facts"])
    assert business.periods[0].before is not None
    assert business.periods[1].before is None, "the history is shorter"


def test_the_page_shows_the_figures_of_each_period(account: Account) -> None:
    page = written()
    business = ask(make_pipeline()).business
    assert business is not None
    for period in business.periods:
        part = page.split(f'class="period" data-period="{period.days}"', 1)[1]
        tiles = dict(re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", part)[:6])
        assert tiles["Incoming calls"] == str(period.total("incoming"))
        assert tiles["Missed"] == str(period.total("missed"))
    assert 'data-period="7" hidden>' in page
    assert 'data-period="30">' in page
    assert account.count()


def test_the_page_is_there_in_russian(account: Account) -> None:
    result = overview("--language", "ru")
    assert result.exit_code == 0, result.output
    page = OVERVIEW.read_text("utf-8")
    assert '<html lang="ru">' in page
    words = unescape(re.sub(r"<(script|style).*?</\1>|<[^>]*>", " ", page, flags=re.DOTALL))
    assert "Что стало с пропущенными" in words
    names = "".join(str(value) for call in account.truth() for value in call.values())
    english = {*re.findall(r"[A-Za-z]{3,}", words)} - {"duckdb", "uis", "data", "JavaScript"}
    assert {word for word in english if word not in names + account.timezone} == set()


def test_an_empty_account_has_a_page_too() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with Sandbox(Account(calls=0, days=0, now=now)) as sandbox:
        sync(sandbox)
    page = written()
    assert "There are no calls in the warehouse yet." in page
    assert set(charts_of(page)) == {"calendar", "loads"}


def test_without_the_record_of_windows_and_without_fields_it_says_so() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    with Sandbox(Account(calls=50, days=5, now=now)) as sandbox:
        sync(sandbox, "calls", exclude_fields=["direction", "is_lost"])
    page = written()
    assert "sync_windows" in page
    assert "the account's zone" in page
    assert [trace["name"] for trace in charts_of(page)["daily"]["data"]] == ["unknown direction"]


def test_the_zone_can_be_given(account: Account) -> None:
    assert overview("--timezone", "Asia/Tokyo", "--output", "tokyo.html").exit_code == 0
    assert "those of Asia/Tokyo" in Path("tokyo.html").read_text("utf-8")
    assert account.timezone != "Asia/Tokyo"


def assert_one_line(result: Result, says: str) -> None:
    assert result.exit_code == 2, result.output
    lines = [line for line in result.stderr.splitlines() if line.startswith("dlt-uis: ")]
    assert len(lines) == 1
    assert says in lines[0]
    assert "Traceback" not in result.output


def test_with_nothing_loaded_it_says_what_to_do(account: Account) -> None:
    """And leaves no file behind: no page, and no empty warehouse."""
    assert_one_line(overview("--dataset", "other"), "Run dlt-uis sync or dlt-uis backfill first")
    assert_one_line(
        overview("--pipeline-name", "other"), "Run dlt-uis sync or dlt-uis backfill first"
    )
    assert not OVERVIEW.exists()
    assert not Path("other.duckdb").exists()
    assert account.count()


def test_wrong_options_are_one_line(account: Account) -> None:
    assert_one_line(overview("--timezone", "Mars/Olympus"), "Europe/Moscow")
    assert_one_line(overview("--output", "no/such/folder.html"), "--output")
    assert account.count()


def test_without_plotly_it_says_what_to_install(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "plotly.offline", None)
    assert_one_line(overview(), "pip install 'dlt-uis[overview]'")
    assert account.count()
