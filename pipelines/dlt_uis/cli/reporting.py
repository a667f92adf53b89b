"""How a command runs: its logs, its errors, and what it leaves for those who watch."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
import dlt
from dlt.common.exceptions import MissingDependencyException

from ..errors import Interrupted, MissingPackage, UisError
from ..monitoring import logs
from ..monitoring.recorded_run import Record, recorded
from ..process import interrupts
from ..process.outputs import without_secrets
from ..process.set_up import left_out, set_up
from .failures import every_error_translated, in_terms_of_command
from .options import Command, Target, with_options

logger = logging.getLogger(__name__)

T = TypeVar("T")

_LOG_OPTIONS = (
    click.option(
        "--log-format",
        type=click.Choice(logs.FORMATS),
        default=logs.PLAIN,
        show_default=True,
        help="Log for people, or an object a line for machines.",
    ),
    click.option("--debug", is_flag=True, help="Log more, and show tracebacks."),
    click.option("--quiet", is_flag=True, help="Say nothing but errors."),
)
_SUMMARY_OPTION = click.option(
    "--summary-file",
    type=click.Path(path_type=Path),
    help="Write what the run did: JSON, or Prometheus' text if it ends in .prom.",
)
_TRACE_OPTION = click.option(
    "--save-trace",
    is_flag=True,
    help="Load when each step began, ended or failed into the tables _trace….",
)


@dataclass(frozen=True)
class Reporting:
    """What the options say of how a run is reported.

    Attributes:
        summary_file: gets what the run did.
        save_trace: whether dlt's traces are loaded; ``None`` where the command has none.
        is_quiet: whether nothing but errors is said.
        warns: whether the log has warnings.
        zone: the account's zone (IANA name), where it is known before the run.
        loads: whether another run goes on from what an interrupted one has loaded.
    """

    debug: bool = False
    log_format: str = logs.PLAIN
    summary_file: Path | None = None
    save_trace: bool | None = None
    is_quiet: bool = False
    warns: bool = True
    zone: str | None = None
    loads: bool = True

    def run(self, body: Callable[[], T], record: Record | None = None) -> T:
        """Runs the body of a command; an error becomes one readable line and an exit code."""
        level = logging.DEBUG if self.debug else logging.INFO
        if self.is_quiet or not self.warns:
            level = logging.ERROR
        with without_secrets(debug=self.debug):
            zone = record.zone if record else lambda: self.zone
            logs.set_up(self.log_format, level, is_quiet=self.is_quiet, zone=zone)
            for line in left_out:
                logger.debug("%s", line)
            try:
                with every_error_translated(), self._recorded(record), every_error_translated():
                    return body()
            except (UisError, Interrupted) as error:
                if self.debug:
                    logger.debug("the error in full:", exc_info=True)
                self._show(in_terms_of_command(error, zone()))
                sys.exit(error.exit_code)

    def _show(self, error: UisError | Interrupted) -> None:
        if isinstance(error, Interrupted) and not self.loads:
            error.hint = ""
        logs.show_error(error)

    def _recorded(self, record: Record | None) -> AbstractContextManager[None]:
        if record is None:
            return interrupts.raising(self._show)
        save = self.save_trace
        if save is False:
            save = bool(dlt.config.get("sources.uis.save_trace", bool))
        return recorded(record, self.summary_file, save_trace=bool(save))


def log_options(command: Command) -> Command:
    """The options of logs, ``debug``, ``quiet`` and ``log_format``."""
    return with_options(command, _LOG_OPTIONS)


def reported(
    command: Command, *, quietly: bool = False, zone: str | None = None, loads: bool = False
) -> Command:
    """Gives a command the options of logs; its body runs as they say.

    Args:
        quietly: what a log would warn of is a line of the result.
        zone: of the account, if there is no other.
        loads: another run goes on from what an interrupted one has loaded.
    """

    @functools.wraps(command)
    def runs(*, debug: bool, quiet: bool, log_format: str, **given: Any) -> None:
        warns = debug or not quietly
        reporting = Reporting(
            debug, log_format, is_quiet=quiet, warns=warns, zone=zone, loads=loads
        )
        reporting.run(lambda: command(**given))

    return log_options(runs)


def leaving_word(name: str, *, traced: bool) -> Callable[[Command], Command]:
    """Gives a command the options of what it leaves for those who watch, and those of logs.

    Its body gets a ``record``, in which it counts.

    Args:
        name: of the command.
        traced: whether its traces can be loaded.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def runs(
            *,
            target: Target,
            debug: bool,
            quiet: bool,
            log_format: str,
            summary_file: Path | None,
            save_trace: bool | None = None,
            **given: Any,
        ) -> None:
            record = Record(name, target.pipeline_name)
            reporting = Reporting(debug, log_format, summary_file, save_trace, quiet)
            reporting.run(lambda: command(target=target, record=record, **given), record)

        options = (_SUMMARY_OPTION, *_LOG_OPTIONS)
        return with_options(runs, (_TRACE_OPTION, *options) if traced else options)

    return decorate


def set_up_process() -> None:
    """Sets up the process of our own commands; ends it if dlt can't read its configuration."""
    try:
        with every_error_translated():
            try:
                set_up()
            except MissingDependencyException:
                # dlt looks for it as soon as it reads its configuration
                raise MissingPackage("RUNTIME__SENTRY_DSN", "sentry-sdk") from None
    except UisError as error:
        as_json = {"json", "--log-format=json"} & set(sys.argv)
        with without_secrets(debug=False):
            logs.set_up(logs.JSON if as_json else logs.PLAIN, logging.ERROR)
            logs.show_error(error)
        sys.exit(error.exit_code)
