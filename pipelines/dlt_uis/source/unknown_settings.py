"""Settings that were written and have no effect: names that nothing reads, as a slip makes them."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from inspect import signature
from typing import Any

import dlt
from dlt.common.configuration.providers import SettingsTomlProvider

from ..reports.own_names import SOURCE
from .parameters import Configured, configure

logger = logging.getLogger(__name__)

_ENVIRONMENT = f"SOURCES__{SOURCE.upper()}__"
FOR_CODE = ("clock", "sleep", "start_time")
"""Parameters of the source that are given in code, and are no settings."""

OF_COMMANDS = ("save_trace", "media_url", "records_url", "recordings_kept_days")
"""Settings of commands in the same section."""

_KNOWN = frozenset(signature(configure).parameters).difference(FOR_CODE).union(OF_COMMANDS)
_ALIKE = 0.75


@dataclass(frozen=True)
class UnknownSetting:
    """A setting that nothing reads, as it was written, and one that may be meant."""

    written: str
    near: str | None

    def __str__(self) -> str:
        meant = f" Did you mean {self.near}?" if self.near else ""
        return f"{self.written} is no setting, and has no effect.{meant}"


def unknown_settings() -> list[UnknownSetting]:
    """Those in the environment and in dlt's files, in the section of the source."""
    found = {name: _unknown(name, f"{_ENVIRONMENT}{name.upper()}") for name in _of_environment()}
    for name, value in _of_files():
        # a section that nothing here is called like is dlt's own: of a resource, maybe
        if not isinstance(value, Mapping) or _near(name):
            found[name] = _unknown(name, f"{name} in [sources.{SOURCE}]")
    return [found[name] for name in sorted(found)]


def warn_of_unknown_settings() -> None:
    """Says in the log which settings have no effect."""
    for each in unknown_settings():
        logger.warning("%s", each)


def warn_of_slips(given: Configured) -> None:
    """Says it, and which names in ``fields`` look like slips."""
    warn_of_unknown_settings()
    for asked in given.reports:
        asked.warn_of_misspelt()


def _of_environment() -> Iterator[str]:
    for name in os.environ:
        if name.startswith(_ENVIRONMENT):
            key, _, rest = name.removeprefix(_ENVIRONMENT).lower().partition("__")
            if key not in _KNOWN and not rest:
                yield key


def _of_files() -> Iterator[tuple[str, Any]]:
    for provider in dlt.config.config_providers:
        if isinstance(provider, SettingsTomlProvider):
            section: Any = provider.get_value(SOURCE, dict, "", "sources")[0]
            if isinstance(section, Mapping):
                yield from ((name, value) for name, value in section.items() if name not in _KNOWN)


def _unknown(name: str, written: str) -> UnknownSetting:
    near = _near(name)
    if near is not None and written.startswith(_ENVIRONMENT):
        near = f"{_ENVIRONMENT}{near.upper()}"
    return UnknownSetting(written, near)


def _near(name: str) -> str | None:
    return next(iter(get_close_matches(name, _KNOWN, n=1, cutoff=_ALIKE)), None)
