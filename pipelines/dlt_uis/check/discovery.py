"""What an account can read, field by field, and what would unlock the rest."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ..api.client import DataApi
from ..errors import LACKING, FieldUnavailable, UisError
from ..localtime.windows import Window
from ..privacy.treatments import Treatment
from ..reading.parents import one_part
from ..reports.fields import Listing
from ..source.list_settings import ListSettings
from ..source.parameters import Configured, configure
from ..source.reference_data import LEFT_OUT_FOR
from ..source.settings import ReportSettings
from ..source.unknown_settings import FOR_CODE
from .newest import AHEAD, newest_record, one_record

_LOOKED_BACK = timedelta(days=60)

READABLE, REFUSED, NOT_ASKED = "readable", "refused", "not asked"


@dataclass(frozen=True)
class FieldFound:
    """A documented field: the table and column that it is in, its type, meaning and status; for one
    that is not readable, ``why``."""

    table: str
    name: str
    type: str
    description: str
    status: str
    why: str | None = None

    def as_json(self) -> Mapping[str, Any]:
        return {name: value for name, value in asdict(self).items() if value is not None}


def discover(given: Configured) -> Iterator[FieldFound]:
    """The fields of each report, and of each list that is wanted, as the first customer's account
    can read them.

    It costs a point a report or list, and one; more where the API refuses fields without naming
    them.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    connection, settings = given.connections[0], given.settings
    with connection.open(settings) as api:
        now = settings.zone(api).local(settings.clock()).replace(microsecond=0)
        for asked in given.reports:
            yield from _found(api, asked, Window(now - _LOOKED_BACK, now + AHEAD))
        for each in given.named_lists:
            yield from _found_in_list(api, each)


def _found(api: DataApi, asked: ReportSettings, window: Window) -> Iterator[FieldFound]:
    """What a report's record between two local times tells of its fields."""
    report = asked.report
    try:
        part = one_part(api, report, window)
        if part is None:
            why = "the account has nothing yet that it could be asked for"
            yield from _all(report, NOT_ASKED, why)
            return
        newest = newest_record(
            api, report, asked.asked, window.start, window.end, asked.filter, more=part
        )
    except LACKING as error:
        yield from _all(report, REFUSED, _takes(report, error))
    else:
        yield from _fields(report, asked, newest.refused)


def _found_in_list(api: DataApi, asked: ListSettings) -> Iterator[FieldFound]:
    """What a row of a list tells of its fields."""
    try:
        _, refused = one_record(api, asked.listing, asked.selection().names, {})
    except LEFT_OUT_FOR as error:
        yield from _all(asked.listing, REFUSED, _takes(asked.listing, error))
    else:
        yield from _fields(asked.listing, asked, refused)


def _takes(listing: Listing, error: UisError) -> str:
    takes = f"; it takes {listing.unlocked_by}" if listing.unlocked_by else ""
    return f"{error.message}{takes}"


def _all(listing: Listing, status: str, why: str) -> Iterator[FieldFound]:
    """All fields of a report or list, of which the same holds."""
    for column in listing.columns:
        field = column.field
        yield FieldFound(column.table, field.name, field.type.value, field.description, status, why)


def _fields(
    listing: Listing,
    asked: ReportSettings | ListSettings,
    errors: Sequence[FieldUnavailable],
) -> Iterator[FieldFound]:
    refused = {error.field: _unlocks(error) for error in errors}
    wanted, lacking = frozenset(asked.wanted), frozenset(listing.lacking(asked.brand))
    named = isinstance(asked, ReportSettings) and asked.fields is not None
    for column in listing.columns:
        name, status, why = column.asked, READABLE, None
        if name in refused:
            status, why = REFUSED, refused[name]
        elif name not in wanted and not column.field.of_request:
            status, why = NOT_ASKED, "the settings leave it out"
        elif name in lacking and not named:
            status, why = NOT_ASKED, f"the documentation of {asked.brand} does not list it"
        elif asked.privacy.treatment(column.path) is Treatment.DROP:
            status, why = NOT_ASKED, "privacy drops it"
        field = column.field
        yield FieldFound(column.table, field.name, field.type.value, field.description, status, why)


def _unlocks(error: FieldUnavailable) -> str:
    if error.components:
        components = ", ".join(error.components)
        return f"the component {components} is off: ask the provider for it"
    return error.message


_JSON_TYPES: Sequence[tuple[str, str]] = (
    ("bool", "boolean"), ("int", "integer"), ("float", "number"), ("list", "array"),
    ("dict", "object"), ("str", "string"), ("TSecretStrValue", "string"),
)  # fmt: skip
_OF_COMMANDS: Mapping[str, tuple[str, str]] = {
    "save_trace": (
        "boolean",
        "load into _trace and _trace__steps when each step of a run began, ended or failed.",
    ),
    "media_url": ("string", "host of recordings of parts of calls, instead of the brand's."),
    "records_url": ("string", "host of recordings of whole calls, instead of the brand's."),
    "recordings_kept_days": ("number", "how many days the tariff keeps recordings."),
}


def settings_schema() -> Mapping[str, Any]:
    """JSON schema of the settings, which stand in ``[sources.uis]``."""
    meanings = _meanings(inspect.getdoc(configure) or "")
    properties = {}
    for name, parameter in inspect.signature(configure).parameters.items():
        if name not in FOR_CODE:
            found = (json for hint, json in _JSON_TYPES if hint in str(parameter.annotation))
            kind = next(found, None)
            properties[name] = {
                "description": meanings[name],
                **({} if kind is None else {"type": kind}),
                **({} if parameter.default is None else {"default": parameter.default}),
            }
    for name, (kind, meaning) in _OF_COMMANDS.items():
        properties[name] = {"description": meaning, "type": kind}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _meanings(doc: str) -> Mapping[str, str]:
    """What a docstring says of each argument."""
    _, _, rest = doc.partition("\nArgs:\n")
    arguments, _, _ = rest.partition("\nRaises:")
    found = re.findall(r"^    (\w+): (.*(?:\n {8}.*)*)", arguments, re.MULTILINE)
    return {name: re.sub(r"\s+", " ", text) for name, text in found}
