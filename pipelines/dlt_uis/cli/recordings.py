"""``dlt-uis recordings``: recordings as files, before the tariff deletes them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

import click
from rich.console import Console

from ..errors import RecordingsUnreachable, ReversedRange
from ..monitoring.logs import error_console, is_json, result_console
from ..monitoring.recorded_run import Record
from ..progress import Rate, Snapshot, duration
from ..recordings.forgetting import Forgotten, forget_recordings
from ..recordings.job import WORKERS, Recordings
from ..recordings.outcome import Forecast, Stored
from ..recordings.paths import TEMPLATE
from ..reports.recordings import KINDS
from ..source.unknown_settings import warn_of_unknown_settings
from .display import StepCollector, showing
from .grouped import GroupedCommand
from .options import Target, target_options
from .reporting import leaving_word


def _kinds(ctx: click.Context, param: click.Parameter, value: str) -> Sequence[str]:
    """Kinds, with commas in between."""
    kinds = [each.strip() for each in value.split(",")]
    if not {*kinds} <= {*KINDS}:
        raise click.BadParameter(f"some of {', '.join(KINDS)}", ctx, param)
    return kinds


def _place_and_end(values: Sequence[str]) -> tuple[str | None, str | None]:
    """The place to store to, and the end of the range, which has the same option: what can be read
    as a day or time is that."""
    ends = [value for value in values if _is_moment(value)]
    places = [value for value in values if not _is_moment(value)]
    if len(ends) > 1 or len(places) > 1:
        raise click.UsageError("--to names one place to store to, and one day or time at most")
    return (*places, None)[0], (*ends, None)[0]


def _is_moment(value: str) -> bool:
    try:
        datetime.fromisoformat(value.strip())
    except ValueError:
        return False
    return True


@click.command(cls=GroupedCommand)
@click.argument("call_ids", metavar="[CALL_ID]…", nargs=-1, type=int)
@click.option(
    "--from", "start", help="Store recordings of calls from this day or time on, in the account's"
    " zone.",
)  # fmt: skip
@target_options()
@click.option("--api-url", help="Take the hosts that belong to this address of the Data API.")
@leaving_word("recordings", traced=False)
@click.option(
    "--to",
    metavar="PLACE|DAY",
    multiple=True,
    help="Store to this folder, s3://bucket/folder or gs://bucket/folder. A second --to with a day"
    " or time ends the range.",
)
@click.option(
    "--kinds",
    default=",".join(KINDS),
    show_default=True,
    callback=_kinds,
    help="Store recordings of these kinds.",
)
@click.option(
    "--workers", default=WORKERS, show_default=True, help="Fetch so many recordings at once."
)
@click.option("--path", metavar="TEMPLATE", help=f"Name files so. The default is {TEMPLATE}.")
@click.option(
    "--again", is_flag=True, help="Ask once more for those that are gone, or were refused."
)
@click.option("--dry-run", is_flag=True, help="Only print how many recordings would be stored.")
@click.option(
    "--forget",
    is_flag=True,
    help="Delete the files of the calls whose ids follow, and never fetch them again.",
)
def recordings(
    target: Target,
    record: Record,
    *,
    call_ids: Sequence[int],
    to: Sequence[str],
    start: str | None,
    api_url: str | None,
    kinds: Sequence[str],
    workers: int,
    path: str | None,
    again: bool,
    dry_run: bool,
    forget: bool,
) -> None:
    """Store recordings as files, before the tariff deletes them.

    The warehouse tells which there are; it keeps what came of each in the table recordings. What
    will be deleted first is fetched first. Run it after each sync.
    """
    warn_of_unknown_settings()
    settings = {"api_url": api_url} if api_url else {}
    record.pipeline = target.pipeline()
    if forget:
        if to or not call_ids:
            raise click.UsageError("--forget goes with ids of calls, and without --to")
        show_forgotten(
            result_console(), forget_recordings(record.pipeline, call_ids, settings=settings)
        )
        return
    place, end = _place_and_end(to)
    if call_ids or place is None:
        what = "ids of calls go with --forget" if call_ids else "--to names no place to store to"
        raise click.UsageError(what)
    try:
        job = Recordings(
            record.pipeline, place, start=start, end=end, kinds=kinds, workers=workers, path=path,
            again=again, progress=record.progress, settings=settings,
        )  # fmt: skip
        if dry_run:
            record.is_dry = True
            _forecast(job)
        else:
            _store(job, record)
    except ReversedRange:
        raise ReversedRange("--from", "--to") from None


def _forecast(job: Recordings) -> None:
    found = job.forecast()
    if is_json():
        click.echo(json.dumps(found.as_json()))
    show_forecast(result_console(), found)


def _store(job: Recordings, record: Record) -> None:
    steps = StepCollector()
    with showing(error_console(), steps, record.progress, in_words), steps("storing"):
        done = job.run()
    show_stored(result_console(), done)
    if done.unreachable is not None:
        raise RecordingsUnreachable(done.unreachable)


def in_words(now: Snapshot, rate: Rate) -> str:
    """Files done of files expected, bytes, rate and time left."""
    speed, left = rate.measure(now)
    share = "" if now.share is None else f"{now.share:.0%}, "
    of = f" of {now.calls_expected:,}" if now.calls_expected else ""
    eta = "" if left is None else f", {duration(left)} left"
    return f"{share}{now.calls:,}{of} recordings, {_size(now.bytes)}, {speed:,.1f}/s{eta}"


def show_stored(console: Console, done: Stored) -> None:
    """Prints what a run did."""
    found = f", {done.were_there:,} of them were there already" if done.were_there else ""
    console.print(
        f"stored    {done.stored:,} of {done.wanted:,} recordings, {_size(done.bytes)},"
        f" in {done.place}{found}",
        soft_wrap=True, markup=False, highlight=False,
    )  # fmt: skip
    failed = f", of which {done.failed:,} because a server failed" if done.failed else ""
    lines = {
        "pending": (done.pending, f"are not there yet{failed}: the next run asks again"),
        "gone": (done.gone, "were deleted before they could be stored"),
        "refused": (done.refused, "were answered with something that is no recording"),
        "left": (done.left, "were not asked for: the next run does"),
    }
    for name, (count, what) in lines.items():
        if count:
            console.print(f"{name:<9} {count:,} {what}", highlight=False, soft_wrap=True)
    console.print(f"took      {duration(done.seconds)}")


def show_forecast(console: Console, found: Forecast) -> None:
    """Prints what a run would have to do."""
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in found.counts.items())
    console.print(f"to store  {found.total:,} recordings: {kinds}", highlight=False)
    if found.first is not None:
        first = found.first_local
        console.print(f"oldest    {first:%Y-%m-%d %H:%M} ({found.zone.name})", highlight=False)


def show_forgotten(console: Console, done: Forgotten) -> None:
    """Prints what was forgotten."""
    console.print(f"forgotten {done.recordings:,} recordings, {done.files:,} files deleted")


def _size(count: int) -> str:
    if count >= 1_000_000_000:
        return f"{count / 1e9:,.1f} GB"
    return f"{count / 1e6:,.1f} MB"
