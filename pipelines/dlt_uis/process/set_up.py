"""Sets up the process of our own commands, once, before a command runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import dlt

from .dlt_patches import PATCHES
from .memory import be_frugal, collect_seldom
from .patching import apply

_TELEMETRY = "runtime.dlthub_telemetry"

_SETTINGS: Mapping[str, Any] = {
    # It would keep every call ever read, phone numbers and transcripts included, a second time.
    "load.delete_completed_jobs": True,
    # When all tables have a page it would wait so many seconds, ten times as long, before it asks
    # for the next one. Ours waits for that itself.
    "extract.futures_poll_interval": 0.001,
    # The command does that itself, at any moment; dlt would forget a signal once a load is done.
    "runtime.intercept_signals": False,
    _TELEMETRY: False,
}
"""What suits our commands better than dlt's defaults, unless it is configured otherwise."""

left_out: list[str] = []
"""Patches that do not fit the dlt that is installed, and why: for the log, once there is one."""


def set_up() -> None:
    """Settles memory, dlt's settings and its patches.

    Raises:
        DltException: of dlt, which can't read its configuration.
    """
    be_frugal()
    collect_seldom()
    for setting, value in _SETTINGS.items():
        if dlt.config.get(setting) is None:
            dlt.config[setting] = value
            if setting == _TELEMETRY:
                _tell_nobody()
    left_out[:] = apply(PATCHES)


def _tell_nobody() -> None:
    """Has dlt report no runs to its makers, which it begins to as soon as its settings are read."""
    with suppress(ImportError):
        from dlt.common.runtime.anon_tracker import (  # noqa: PLC0415 - it may not be there
            disable_anon_tracker,
        )

        disable_anon_tracker()
