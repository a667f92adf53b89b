"""The API's errors become classes that say what to do, and never what must stay secret."""

from __future__ import annotations

import re
from typing import Any

import pytest

from dlt_uis import errors
from dlt_uis.errors import (
    FieldComponentDisabled,
    FieldUnknown,
    RequestRefused,
    error_from,
    safe_line,
)
from dlt_uis.sandbox.refusals import CODES, Refusal


@pytest.mark.parametrize("mnemonic", sorted(CODES))
def test_every_mnemonic_becomes_an_error_with_a_hint(mnemonic: str) -> None:
    refusal = Refusal(mnemonic, "It went wrong", field="tags", value="s3cret-token")
    error = error_from(refusal.as_object({}), asked=("tags",))
    assert type(error) is not errors.ApiError
    assert (error.mnemonic, error.code) == (mnemonic, CODES[mnemonic])
    assert mnemonic in str(error)
    assert "s3cret-token" not in str(error)
    assert error.hint or mnemonic in ("sort_prohibited", "date_interval_limit_reached")


def test_secrets_and_phone_numbers_are_not_repeated() -> None:
    object_: dict[str, Any] = {
        "code": -32602,
        "message": "Access token s3cret is bad, and so is 79161234567, +7 (916) 123-45-67,"
        " 8 (916) 123-45-67 or +7 916 123-45-67",
        "data": {"mnemonic": "error"},
    }
    text = str(error_from(object_, secrets=("s3cret",)))
    assert "s3cret" not in text
    assert not re.search("916|123|67", text)


def test_only_a_field_that_was_asked_for_can_be_left_out() -> None:
    about_field = Refusal("unexpected_parameters", "Unknown", field="ext_id").as_object({})
    assert isinstance(error_from(about_field, asked=("id", "ext_id")), FieldUnknown)
    assert type(error_from(about_field, asked=("id",))) is RequestRefused
    disabled = Refusal(
        "parameter_component_disabled", "Off", field="tags", params={"components": ["analytics"]}
    )
    error = error_from(disabled.as_object({}), asked=("tags",))
    assert isinstance(error, FieldComponentDisabled)
    assert "analytics" in str(error)


@pytest.mark.parametrize("strange", [{}, {"code": "x"}, {"code": 1, "data": []}, {"message": 5}])
def test_strange_error_objects_are_errors_too(strange: dict[str, Any]) -> None:
    assert str(error_from(strange))


def test_an_error_of_the_destination_is_repeated_without_what_must_stay_secret() -> None:
    """One line, without a login, and without a value that a database quotes."""
    said = 'invalid value "79161234567" at postgresql://loader:s3cret@host/db\nDETAIL: more'
    assert safe_line(said) == 'invalid value "***" at postgresql://***@host/db'
