"""The API's errors, as the sandbox returns them: code, mnemonic, field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .switches import Nameless

CODES: Mapping[str, int] = {
    "parse_error": -32700,
    "invalid_request": -32600,
    "method_not_found": -32601,
    "required_parameter_missed": -32602,
    "invalid_parameter_value": -32602,
    "data_type_error": -32602,
    "unexpected_parameters": -32602,
    "invalid_parameters_combination": -32602,
    "sort_prohibited": -32602,
    "filter_prohibited": -32602,
    "date_interval_limit_reached": -32602,
    "internal_error": -32603,
    "access_token_expired": -32001,
    "access_token_invalid": -32001,
    "access_token_blocked": -32001,
    "auth_error": -32001,
    "ip_not_whitelisted": -32003,
    "forbidden": -32003,
    "method_component_disabled": -32008,
    "parameter_component_disabled": -32008,
    "account_inactive": -32009,
    "limit_exceeded": -32029,
    "batch_operations_not_supported": -32099,
    "notifications_not_supported": -32099,
}


class Refusal(Exception):
    """An error object in the making."""

    def __init__(
        self,
        mnemonic: str,
        message: str,
        *,
        field: str | None = None,
        value: Any = None,
        params: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.mnemonic = mnemonic
        self.message = message
        self.field = field
        self.value = value
        self.params = params or {}

    def as_object(self, limits: Mapping[str, int]) -> dict[str, Any]:
        """The error object of JSON-RPC."""
        return {
            "code": CODES[self.mnemonic],
            "message": self.message,
            "data": {
                "mnemonic": self.mnemonic,
                "field": self.field,
                "value": self.value,
                "params": dict(self.params),
                "extended_helper": None,
                "metadata": {"limits": dict(limits)},
            },
        }


def as_met(error: Mapping[str, Any]) -> dict[str, Any]:
    """An error object as clients have met it where a component is off: with the code of wrong
    parameters, and the components as one text."""
    components = error["data"]["params"].get("components")
    if not isinstance(components, list):
        return dict(error)
    params = {**error["data"]["params"], "components": ", ".join(components)}
    return {**error, "code": -32602, "data": {**error["data"], "params": params}}


ABOUT_FIELDS = ("unexpected_parameters", "parameter_component_disabled")
"""Mnemonics of errors that may be about a field that was asked for."""


def without_name(error: Mapping[str, Any], how: Nameless) -> dict[str, Any]:
    """An error object that does not say which field it is about."""
    data = {**error["data"], "field": None, "value": None}
    told = {**error, "message": "Запрос отклонён", "data": data}
    match how:
        case "no_field":
            del data["field"], data["value"], data["params"]
        case "fields":
            data["field"] = "fields"
        case "path":
            data["field"] = "$.params.fields[*]"
        case "no_mnemonic":
            del data["mnemonic"]
        case "other_code":
            told["code"] = -32008 if error["code"] == -32602 else -32602
        case "null_data":
            told["data"] = None
        case "no_data":
            del told["data"]
        case "text_data":
            told["data"] = "см. документацию"
    return told
