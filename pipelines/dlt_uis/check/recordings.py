"""Whether recordings wait to be stored, and for how long they still can."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import dlt

from ..errors import NotADatabase, NothingLoaded, UisError
from ..recordings.holdings import Holdings, holdings_of
from .lines import Line, failed, ok, warning
from .writable import new_file

_SOON = timedelta(days=3)
_NONE = "no recordings are stored: dlt-uis recordings does that"


def recordings_line(pipeline: dlt.Pipeline, check: str) -> Line:
    """What the ledger tells; nothing has to be done where there is none."""
    try:
        found = None if new_file(pipeline) else holdings_of(pipeline)
    except (NotADatabase, NothingLoaded):
        found = None
    except UisError as error:
        return failed(check, error)
    return ok(check, _NONE) if found is None else _told(found, check)


def _told(found: Holdings, check: str) -> Line:
    stored = f"{found.stored:,} are stored"
    if found.oldest is None:
        return ok(check, f"{stored}, none is pending")
    oldest = f"{found.oldest:%Y-%m-%d %H:%M} UTC"
    message = f"{stored}, {found.waiting:,} are pending; the oldest call of these began {oldest}"
    if found.gone_at is None:
        return ok(check, message)
    message += f", and its recordings will be gone on {found.gone_at:%Y-%m-%d}"
    if found.gone_at - datetime.now(UTC) > _SOON:
        return ok(check, message)
    return warning(check, message, "Run dlt-uis recordings --to … before that, best each night.")
