"""Texts without secrets: all that a command says, writes or sends passes :func:`scrubbed`.

Others' messages repeat what they were given, in whatever way they write it down. So the secrets
that are configured are looked for, and those that were made since, in every encoding. They are
collected when the first text is to be shown, which takes a millisecond.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from .encodings import base64_of, forms

MASK = "***"

_SECRET_WORDS = frozenset(
    "auth credential credentials dsn hook key keys pass passphrase passwd password pat pwd sas"
    " secret secrets signature sig token webhook".split()
)
"""A setting whose name has one of these words is secret."""

_PLACE_WORDS = frozenset("uri url path file dir sock id_type type name lifetime expires".split())
"""Unless it ends in one of these: a place or a kind."""

_PLAIN_NAMES = frozenset(
    "host port user username login drivername database catalog schema dataset dataset_name project"
    " project_id location region region_name bucket_url endpoint_url auth_uri token_uri type"
    " client_email client_id client_x509_cert_url auth_provider_x509_cert_url brand timezone"
    " api_url start_date layout universe_domain".split()
)
"""Settings in a secrets file that no one keeps secret."""

_COMMON = frozenset(
    "account admin any bigquery calls data database default demo duckdb false guest hidden local"
    " localhost loader login main none null pass password postgres postgresql public read root"
    " sandbox secret server sync system test token true uis user users write".split()
)
"""Words that say nothing: hidden only where a password stands."""

_SHORTEST, _LONG, _DIGITS = 4, 8, 10
_PIECES = re.compile(r"[\s/#?@:&=%;,'\"\\]+")
_SCHEME = re.compile(r"^\s*[\"']?[A-Za-z][\w+.-]*:?/{1,3}")
_PARAMETER = re.compile(r"(\w+)\s*=\s*('(?:\\.|[^'\\])*'|\"[^\"]*\"|[^\s;&'\"]+)")

_remembered: set[str] = set()
_known: _Known | None = None


def remember(*secrets: str | None) -> None:
    """Has texts go without these from now on: what is made or given while the program runs."""
    new = {secret for secret in secrets if secret} - _remembered
    if new:
        _remembered.update(new)
        look_again()


def look_again() -> None:
    """Has the configuration be looked at once more for the next text: it may have changed."""
    global _known
    _known = None


def scrubbed(text: str) -> str:
    """A text in which each secret is ``***``, however it is written."""
    global _known
    known = _known
    if known is None:
        known = _known = _Known(_configured())
    return known.hidden_in(text)


class _Known:
    """How all secrets may be written, and what to replace."""

    def __init__(self, secrets: set[str]) -> None:
        long, words, positions, encoded = set[str](), set[str](), set[str](), set[str]()
        for secret in secrets | _remembered:
            written = forms(secret)
            if _is_common(secret):
                positions |= written
                continue
            for form in written:
                (long if len(form) >= _LONG else words).add(form)
            encoded |= base64_of(secret)
            for piece in _pieces(secret):
                (positions if _is_common(piece) else long if len(piece) >= _LONG else words).add(
                    piece
                )
        self._long = sorted(long, key=len, reverse=True)
        self._patterns = [*map(_as_word, _by_length(words)), *_in_position(positions)]
        self._encoded = sorted(encoded)

    def hidden_in(self, text: str) -> str:
        for secret in self._long:
            if secret in text:
                text = text.replace(secret, MASK)
        for pattern in self._patterns:
            text = pattern.sub(MASK, text)
        for part in self._encoded:
            if part in text:
                text = re.sub(rf"[\w+/=-]*{re.escape(part)}[\w+/=-]*", MASK, text)
        return text


def _by_length(words: set[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)


def _as_word(secret: str) -> re.Pattern[str]:
    """A short one: not a part of a longer word, but it may follow an encoded character."""
    before = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))" if secret[0].isalnum() else ""
    after = r"(?!\w)" if secret[-1].isalnum() else ""
    return re.compile(before + re.escape(secret) + after)


def _in_position(secrets: set[str]) -> list[re.Pattern[str]]:
    """Those that would blank half a text are hidden only where a password stands."""
    if not secrets:
        return []
    either = "|".join(map(re.escape, _by_length(secrets)))
    return [
        re.compile(rf"(?<=:)(?:{either})(?=@|[\"']|%40|\s|$)"),
        re.compile(rf"(?<=[:\s\"'])(?:{either})(?=@)"),
        re.compile(
            rf"(?i:(?<=password=)|(?<=password=')|(?<=password: )|(?<=password\": \")"
            rf"|(?<=password': ')|(?<=token=)|(?<=secret=)|(?<=invalid integer value \"))"
            rf"(?:{either})(?!\w)"
        ),
    ]


def _is_common(secret: str) -> bool:
    few = len(secret) < _SHORTEST or (secret.isdigit() and len(secret) < _DIGITS)
    return few or secret.lower() in _COMMON


def _pieces(secret: str) -> Iterator[str]:
    """What is left of a secret that was taken apart, as an address with a mistake is."""
    pieces = [piece for piece in _PIECES.split(secret) if piece]
    if len(pieces) > 1 or pieces != [secret]:
        yield from pieces


def _configured() -> set[str]:
    found: set[str] = set()
    for name, value in os.environ.items():
        found.update(_of_setting(name, value, in_secrets=False))
    for argument in sys.argv[1:]:
        found.update(_of_address(argument, is_key=False))
    for document, is_secret in _documents():
        found.update(_of_tree("", document, in_secrets=is_secret))
    return {secret for secret in found if secret.strip()}


def _documents() -> Iterator[tuple[Mapping[str, Any], bool]]:
    """What dlt has read of its configuration files, and whether it is for secrets."""
    # importing dlt may be what fails, and its files may be what can't be read
    try:
        from dlt.common.configuration.container import Container  # noqa: PLC0415
        from dlt.common.configuration.specs.pluggable_run_context import (  # noqa: PLC0415
            PluggableRunContext,
        )

        providers = Container()[PluggableRunContext].providers.providers
    except Exception:  # noqa: BLE001
        return
    for provider in providers:
        document = getattr(provider, "_config_doc", None)
        if isinstance(document, Mapping):
            yield document, provider.supports_secrets


def _of_tree(name: str, value: Any, *, in_secrets: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _of_tree(f"{name}__{key}", each, in_secrets=in_secrets)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _of_tree(name, each, in_secrets=in_secrets)
    elif isinstance(value, str | int | float) and not isinstance(value, bool):
        yield from _of_setting(name, str(value), in_secrets=in_secrets)


def _of_setting(name: str, value: str, *, in_secrets: bool) -> Iterator[str]:
    value = value.strip()
    last = name.rpartition("__")[2].lower()
    words = last.split("_")
    is_key = not _SECRET_WORDS.isdisjoint(words) and words[-1] not in _PLACE_WORDS
    if value.startswith(("{", "[")) and ("__" in name or is_key):
        tree = _parsed(value)
        if tree is not None:
            yield from _of_tree(name, tree, in_secrets=in_secrets or is_key)
            return
    parts = []
    if "__" in name or is_key or "://" in value:
        parts = list(_of_address(value, is_key=is_key))
        yield from parts
    is_place = value.startswith(("/", "./", "~", "\\")) or "duckdb" in name.lower()
    is_secret = is_key or (in_secrets and last not in _PLAIN_NAMES and words[-1] != "url")
    if is_secret and not parts and not (is_place and words[-1] in ("credentials", "auth")):
        yield value
    elif {"hook", "webhook", "dsn"} & set(words):
        yield value


def _parsed(text: str) -> Any:
    import json  # noqa: PLC0415 - seldom

    try:
        return json.loads(text)
    except ValueError:
        return None


def _of_address(value: str, *, is_key: bool) -> Iterator[str]:
    """The secret parts of an address or connection string, be it well-formed or not."""
    rest = _SCHEME.sub("", value)
    user, colon, after = rest.partition(":")
    if colon and "@" in after and "@" not in user:
        ends = [place for place, letter in enumerate(after) if letter == "@"]
        for end in ends:
            yield after[:end]
            yield f"{user}:{after[:end]}"
    elif is_key and "@" in rest:
        yield rest.partition("@")[0]
    for name, given in _PARAMETER.findall(value):
        if not _SECRET_WORDS.isdisjoint(name.lower().split("_")):
            plain = given.strip("'\"")
            yield plain
            yield re.sub(r"\\(.)", r"\1", plain)
