"""Requests for the account's lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .lists import ASKED_ONLY, Row, fields_of
from .parameters import number
from .refusals import Refusal

_PARAMETERS = frozenset(("access_token", "user_id", "limit", "offset", "filter", "fields", "sort"))
_STATUSES = "get.statuses"


def page(method: str, rows: Sequence[Row], params: Mapping[str, Any]) -> tuple[list[Row], int]:
    """The rows that a request asks for, and how many there are in all.

    Raises:
        Refusal: its parameters are not as documented.
    """
    flags = ("is_deleted",) if method == _STATUSES else ()
    for name in params:
        if name not in _PARAMETERS and name not in flags:
            raise Refusal("unexpected_parameters", f"Unexpected parameter {name}", field=name)
    for name in ("filter", "sort"):
        if params.get(name):
            raise Refusal(f"{name}_prohibited", f"The sandbox has no {name} here", field=name)
    if flags:
        rows = _undeleted(rows, params.get("is_deleted", False))
    limit = number(params, "limit", 1_000, 1, 10_000)
    offset = number(params, "offset", 0, 0, 100_000)
    chosen, fields = rows[offset : offset + limit], params.get("fields")
    if fields is None:
        left_out = ASKED_ONLY.get(method, ())
        shown = [{name: row[name] for name in row if name not in left_out} for row in chosen]
    else:
        _check_fields(fields, {*fields_of(method), *(name for row in rows for name in row)})
        shown = [{name: row.get(name) for name in fields} for row in chosen]
    return shown, len(rows)


def _undeleted(rows: Sequence[Row], with_deleted: Any) -> Sequence[Row]:
    if not isinstance(with_deleted, bool):
        raise Refusal("data_type_error", "a boolean is expected", field="is_deleted")
    return rows if with_deleted else [row for row in rows if not row["is_deleted"]]


def _check_fields(fields: Any, known: set[str]) -> None:
    if not isinstance(fields, list) or not all(isinstance(name, str) for name in fields):
        raise Refusal("data_type_error", "fields must be an array of strings", field="fields")
    for name in fields:
        if name not in known:
            raise Refusal("unexpected_parameters", f"Unknown field {name}", field=name, value=name)
