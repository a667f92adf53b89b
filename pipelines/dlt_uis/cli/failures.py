"""The last resort of a command: an error of its surroundings, or one that nobody foresaw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.core import ParameterSource
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.pipeline.exceptions import InvalidPipelineName

from ..errors import (
    NAMES,
    DayPointsSpent,
    Interrupted,
    InvalidName,
    InvalidOption,
    InvalidValue,
    ReversedRange,
    UisError,
    Unforeseen,
    UnknownLogLevel,
    UnreadableFile,
    UnreadableSetting,
    safe_line,
)
from ..process.system_errors import of_system
from ..warehouse.failures import chain_of


@contextmanager
def every_error_translated() -> Iterator[None]:
    """Turns whatever is raised in the ``with`` block into an error for the user.

    Raises:
        UisError: in place of it.
    """
    try:
        yield
    except (UisError, click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:
        raise _in_words(error) from error


def _in_words(error: Exception) -> UisError:
    for each in chain_of(error):
        if isinstance(each, UisError):
            return each
        if isinstance(each, TomlProviderReadException):
            return UnreadableFile(each.file_name, _why_no_toml(each))
        if isinstance(each, InvalidPipelineName):
            return InvalidName("--pipeline-name", str(each.pipeline_name), NAMES)
        if isinstance(each, ConfigValueCannotBeCoercedException):
            return UnreadableSetting(each.field_name)
        if isinstance(each, ValueError) and str(each).startswith("Unknown level"):
            return UnknownLogLevel()
        if isinstance(each, OSError) and (found := of_system(each)):
            return found
    return Unforeseen(type(error).__name__, safe_line(str(error)))


def _why_no_toml(error: BaseException) -> str:
    """Where it goes wrong, without a word of what is there: that may be a secret."""
    cause = list(chain_of(error))[-1]
    if isinstance(cause, OSError):
        return cause.strerror or type(cause).__name__
    if isinstance(cause, UnicodeError):
        return "it is not UTF-8"
    line = getattr(cause, "line", None)
    return f"it is no TOML, {f'see line {line}' if line else type(cause).__name__}"


def in_terms_of_command(error: UisError | Interrupted, zone: str | None) -> UisError | Interrupted:
    """The error, which names the options that were typed instead of the settings that they are, and
    tells times in the zone of the result, if it is known."""
    match error:
        case DayPointsSpent():
            return error.told_in(zone)
        case InvalidValue():
            option = _typed(error.name)
            return InvalidOption(option, error.allowed) if option else error
        case ReversedRange():
            start, end = _typed(error.start), _typed(error.end)
            return ReversedRange(start or error.start, end or error.end)
        case _:
            return error


def _typed(name: str) -> str | None:
    """The option that was typed for a setting or an argument, if one was."""
    context = click.get_current_context(silent=True)
    if context is None or context.get_parameter_source(name) is not ParameterSource.COMMANDLINE:
        return None
    return next(each.opts[0] for each in context.command.params if each.name == name)
