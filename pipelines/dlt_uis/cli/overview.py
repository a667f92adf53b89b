"""``dlt-uis overview``: a page about the warehouse."""

from __future__ import annotations

import logging
import shlex
from datetime import UTC, datetime
from pathlib import Path

import click
import dlt

from ..errors import OutputNotWritable
from ..localtime.zones import Zone
from ..monitoring.logs import is_json, result_console
from ..overview.page import page_of
from ..overview.questions import Facts, ask
from ..overview.texts import LANGUAGES, usual_language
from ..runner.pipelines import options_for
from ..source.unknown_settings import warn_of_unknown_settings
from .grouped import GroupedCommand
from .options import Target, target_options
from .reporting import reported

logger = logging.getLogger(__name__)

OVERVIEW = Path("uis-overview.html")


@click.command(cls=GroupedCommand)
@target_options()
@reported
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    default=OVERVIEW,
    show_default=True,
    help="Write to this file; an older one is replaced.",
)
@click.option("--timezone", help="Count days in this zone (IANA name) instead of the account's.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default=usual_language,
    help="Write it in this language. The default is that of the locale, en if it is another one.",
)
def overview(target: Target, *, output: Path, timezone: str | None, language: str) -> None:
    """Write a page about calls and the warehouse: service, sources, what is loaded.

    One HTML file, which needs no network to be looked at.
    """
    warn_of_unknown_settings()
    size = write_overview(target.pipeline(), target.destination, output, timezone, language)
    if is_json():
        logger.info("wrote %s (%.1f MB)", output, size / 1e6)
    told = f"Wrote {output} ({size / 1e6:.1f} MB)."
    result_console().print(told, markup=False, highlight=False, soft_wrap=True)


def write_overview(
    pipeline: dlt.Pipeline, destination: str, output: Path, timezone: str | None, language: str
) -> int:
    """Writes the page about a pipeline's warehouse; returns its size in characters.

    Raises:
        OutputNotWritable: the file can't be written.
        UisError: see :func:`.overview.questions.ask`.
    """
    facts = ask(pipeline, Zone(timezone) if timezone else None)
    return write_page(facts, pipeline, destination, output, language)


def write_page(
    facts: Facts, pipeline: dlt.Pipeline, destination: str, output: Path, language: str
) -> int:
    """The same of what is known already.

    Raises:
        OutputNotWritable: the file can't be written.
        MissingExtra: plotly is not installed.
    """
    place = f"{destination}, {pipeline.dataset_name}"
    options = shlex.join(options_for(destination, pipeline.dataset_name, pipeline.pipeline_name))
    page = page_of(facts, place, datetime.now(UTC), options, language)
    try:
        output.write_text(page, encoding="utf-8")
    except OSError as error:
        raise OutputNotWritable(str(output), error.strerror or str(error)) from error
    return len(page)
