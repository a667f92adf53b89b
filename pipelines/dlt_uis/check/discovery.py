"""What an account can read, field by field, and what would unlock the rest."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from ..errors import FieldUnavailable
from ..privacy.treatments import Treatment
from ..reports.fields import Array, Field
from ..source.parameters import Configured, configure
from ..source.settings import ReportSettings
from ..source.unknown_settings import FOR_CODE
from .newest import AHEAD, newest_call

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
    """The fields of each report, as the first customer's account can read them.

    It costs two points, and more where the API refuses fields without naming them.

    Raises:
        UisError: see :meth:`.DataApi.call`.
    """
    connection, settings = given.connections[0], given.settings
    with connection.open(settings) as api:
        now = settings.zone(api).local(settings.clock())
        for asked in given.reports:
            newest = newest_call(
                api, asked.report, asked.asked, now - _LOOKED_BACK, now + AHEAD, asked.filter
            )
            refused = {error.field: error for error in newest.refused}
            yield from _fields(asked, refused)


def _fields(
    asked: ReportSettings, refused: Mapping[str | None, FieldUnavailable]
) -> Iterator[FieldFound]:
    report, wanted = asked.report, frozenset(asked.wanted)
    lacking = frozenset(report.lacking(asked.brand))
    for field in report:
        status, why = READABLE, None
        if field.name in refused:
            status, why = REFUSED, _unlocks(refused[field.name])
        elif field.name not in wanted:
            status, why = NOT_ASKED, "the settings leave it out"
        elif field.name in lacking and asked.fields is None:
            status, why = NOT_ASKED, f"the documentation of {asked.brand} does not list it"
        for table, name, type_, description in _columns(asked, field):
            path = field.name if table == report.table else f"{field.name}.{name}"
            if status == READABLE and asked.privacy.treatment(path) is Treatment.DROP:
                yield FieldFound(table, name, type_, description, NOT_ASKED, "privacy drops it")
            else:
                yield FieldFound(table, name, type_, description, status, why)


def _unlocks(error: FieldUnavailable) -> str:
    if error.components:
        components = ", ".join(error.components)
        return f"the component {components} is off: ask the provider for it"
    return error.message


def _columns(asked: ReportSettings, field: Field | Array) -> Iterator[tuple[str, str, str, str]]:
    report = asked.report
    if isinstance(field, Field):
        yield report.table, field.name, field.type.value, field.description
        return
    table = report.child_table(field)
    for item in field.items:
        yield table, item.name, item.type.value, item.description
    if not field.items:
        yield table, "value", "text", field.description


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
