"""Settings that were written and have no effect: names that nothing reads, as a slip makes them."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import signature
from typing import Any

from ..reports import LIST_TABLES, REPORTS, TABLES
from ..reports.own_names import SOURCE
from ..secrecy.scrubbing import documents
from .parameters import Configured, configure
from .report_settings import OWN

logger = logging.getLogger(__name__)

FOR_CODE = ("clock", "sleep", "start_time")
"""Parameters of the source that are given in code, and are no settings."""

OF_COMMANDS = ("save_trace", "media_url", "records_url", "recordings_kept_days")
"""Settings of commands in the same section."""

_SOURCES, _COMMANDS = "sources", "dlt_uis"
_OURS = (_SOURCES, SOURCE)
_PARAMETERS = frozenset(signature(configure).parameters).difference(FOR_CODE)
READ: Mapping[tuple[str, ...], Collection[str]] = {
    _OURS: (*sorted(_PARAMETERS), *OF_COMMANDS, *REPORTS, "views"),
    **{(*_OURS, report): tuple(OWN) for report in REPORTS},
    (*_OURS, "views"): ("callback_minutes",),
    (_COMMANDS,): ("destination", "dataset", "pipeline_name"),
}
"""What is read, by section: settings, and sections that stand in it."""

_RESOURCES = frozenset((*(report.resource for report in REPORTS.values()), *TABLES, *LIST_TABLES))
"""What dlt's own settings may stand in a section of."""

_ALIKE, _VERY_ALIKE = 0.75, 0.93


@dataclass(frozen=True)
class UnknownSetting:
    """A setting that nothing reads, as it was written, and one that may be meant."""

    written: str
    near: str | None

    def __str__(self) -> str:
        meant = f" Did you mean {self.near}?" if self.near else ""
        return f"{self.written} is no setting, and has no effect.{meant}"


def unknown_settings() -> list[UnknownSetting]:
    """Those in the environment and in dlt's files, in our sections and in what is almost one."""
    return unknown_in(os.environ, [document for document, _ in documents()])


def unknown_in(
    variables: Iterable[str], files: Iterable[Mapping[str, Any]]
) -> list[UnknownSetting]:
    """The same of these names of variables, and contents of files."""
    found = {*_of_environment(variables), *(each for file in files for each in _of_file(file))}
    return sorted(found, key=lambda each: each.written.lower())


def warn_of_unknown_settings() -> None:
    """Says in the log which settings have no effect."""
    for each in unknown_settings():
        logger.warning("%s", each)


def warn_of_slips(given: Configured) -> None:
    """Says it, and which names in ``fields`` look like slips."""
    warn_of_unknown_settings()
    for asked in given.reports:
        asked.warn_of_misspelt()


def _of_environment(given: Iterable[str]) -> Iterator[UnknownSetting]:
    variables = {_variable(*section, name) for section, read in READ.items() for name in read}
    plain = {each.replace("__", "_"): each for each in variables}
    for variable in given:
        *section, name = variable.lower().split("__")
        read = READ.get(tuple(section)) if variable.isupper() else None
        if read is not None:
            if name not in read:
                near = _near(name, read)
                yield UnknownSetting(variable, near and _variable(*section, near))
        elif tuple(section[:2]) == _OURS and len(section) > 2:
            near = _near(section[2], READ[_OURS])
            if near not in (None, section[2]) and section[2] not in _RESOURCES:
                yield UnknownSetting(variable, _variable(*_OURS, near, *section[3:], name))
        elif SOURCE in variable.lower() and not _is_of_another_source(variable):
            # an underscore too few, small letters
            near = _near(variable.upper().replace("__", "_"), plain, _VERY_ALIKE)
            if near is not None:
                yield UnknownSetting(variable, plain[near])


def _is_of_another_source(variable: str) -> bool:
    return _SOURCES.upper() in variable.split("__")[:-2]


def _variable(*path: str) -> str:
    return "__".join(path).upper()


def _of_file(document: Mapping[str, Any]) -> Iterator[UnknownSetting]:
    yield from _of_misspelt_sections(document)
    for section, read in READ.items():
        for name, value in _inside(document, section).items():
            is_section = isinstance(value, Mapping)
            if name in read or (is_section and name in _RESOURCES):
                continue
            near = _near(name, read)
            # a section that nothing here is called like is somebody else's
            if near or not is_section:
                yield UnknownSetting(f"{name} in {_header(section)}", near)


def _of_misspelt_sections(document: Mapping[str, Any]) -> Iterator[UnknownSetting]:
    for section in (_OURS, (_COMMANDS,)):
        first, *rest = section
        for name in document:
            written = (name, *rest)
            if name != first and _near(name, [first]) and _inside(document, written):
                yield UnknownSetting(f"the section {_header(written)}", _header(section))


def _inside(document: Mapping[str, Any], section: tuple[str, ...]) -> Mapping[str, Any]:
    found: Any = document
    for name in section:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}


def _header(section: tuple[str, ...]) -> str:
    return f"[{'.'.join(section)}]"


def _near(name: str, known: Collection[str], alike: float = _ALIKE) -> str | None:
    return next(iter(get_close_matches(name, known, n=1, cutoff=alike)), None)
