"""What an account can read, field by field, and what would unlock the rest."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ..api.client import DataApi
from ..errors import FieldUnavailable
from ..privacy.treatments import Treatment
from ..reports.fields import Listing
from ..source.list_settings import ListSettings
from ..source.parameters import Configured, configure
from ..source.reference_data import LACKING
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

    It costs a point, one more for each of them, and more where the API refuses fields without
    naming them.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    connection, settings = given.connections[0], given.settings
    lists = [each for each in given.lists if each.listing.table in settings.reference_data]
    with connection.open(settings) as api:
        now = settings.zone(api).local(settings.clock())
        for asked in given.reports:
            newest = newest_record(
                api, asked.report, asked.asked, now - _LOOKED_BACK, now + AHEAD, asked.filter
            )
            refused = {error.field: _unlocks(error) for error in newest.refused}
            yield from _fields(asked.report, asked, refused)
        for each in lists:
            yield from _fields(each.listing, each, _refused(api, each))


def _refused(api: DataApi, asked: ListSettings) -> Mapping[str | None, str]:
    """What unlocks the fields of a list that can't be read; all of them if it can't be."""
    listing = asked.listing
    try:
        _, refused = one_record(api, listing, asked.selection().names, {})
    except LACKING as error:
        return dict.fromkeys(listing.names, listing.unlocked_by or error.message)
    return {error.field: _unlocks(error) for error in refused}


def _fields(
    listing: Listing, asked: ReportSettings | ListSettings, refused: Mapping[str | None, str]
) -> Iterator[FieldFound]:
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
_OF_COMMANDS = "load into _trace and _trace__steps when each step of a run began, ended or failed."


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
    properties["save_trace"] = {"description": _OF_COMMANDS, "type": "boolean"}
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
