"""Texts without secrets: all that a command says, writes or sends passes :func:`scrubbed`.

Others' messages repeat what they were given, in whatever way they write it down. So the secrets
that are configured are looked for, and those that were made since, in every encoding. They are
collected when the first text is to be shown, which takes a millisecond.
"""

from __future__ import annotations

import os
import re
import sys
from base64 import b64encode
from collections.abc import Iterator, Mapping, Set
from typing import Any
from urllib.parse import unquote, urlsplit

from .encodings import base64_of, forms

MASK = "***"

_SECRET_WORDS = frozenset({
    "auth", "credential", "credentials", "dsn", "hook", "key", "keys", "pass", "passphrase",
    "passwd", "password", "pat", "sas", "secret", "secrets", "sig", "signature", "token",
    "webhook",
})  # fmt: skip
"""A setting whose name has one of these words is secret."""

_SECRET_ENDS = ("password", "token", "secret", "apikey", "accesskey")

_PLACE_WORDS = frozenset({
    "dir", "expires", "file", "lifetime", "name", "path", "sock", "type", "uri", "url",
})  # fmt: skip
"""Unless it ends in one of these: a place or a kind."""

_ADDRESS_WORDS = frozenset(("dsn", "hook", "webhook"))
"""Addresses that are secret as a whole."""

_PLAIN_NAMES = frozenset({
    "api_url", "auth_provider_x509_cert_url", "auth_uri", "brand", "bucket_url", "catalog",
    "client_email", "client_id", "client_x509_cert_url", "database", "dataset", "dataset_name",
    "drivername", "endpoint_url", "host", "layout", "location", "login", "port", "project",
    "project_id", "region", "region_name", "schema", "start_date", "timezone", "token_uri",
    "type", "universe_domain", "user", "username",
})  # fmt: skip
"""Settings in a secrets file that no one keeps secret."""

_COMMON = frozenset({
    "account", "admin", "any", "bigquery", "calls", "data", "database", "default", "demo",
    "duckdb", "false", "guest", "hidden", "loader", "local", "localhost", "login", "main",
    "none", "null", "pass", "password", "postgres", "postgresql", "public", "read", "root",
    "sandbox", "secret", "server", "sync", "system", "test", "token", "true", "uis", "user",
    "users", "write",
})  # fmt: skip
"""Words that say nothing: hidden only where a password stands."""

_SHORTEST, _LONG, _DIGITS, _LONGEST_PASSWORD, _MOST_CUTS = 4, 8, 10, 200, 8
_PIECES = re.compile(r"[\s/#?@:&=%;,'\"\\]+")
_SCHEME = re.compile(r"^\s*[\"']?[A-Za-z][\w+.-]*:?/{1,3}")
_NAME = re.compile(r"(\w+)\s*=\s*")
_VALUE_ENDS = re.compile(r"\s+\w+\s*=|$"), re.compile(r"[\s;&]|$"), re.compile(r"[;&]|$")
"""Where a parameter's value may end, if it is not quoted: before the next one, at a separator."""

_QUOTED = re.compile(r"'((?:\\.|[^'\\])*)'|\"([^\"]*)\"")


class _Known:
    """How all secrets may be written, and what to replace."""

    def __init__(self, secrets: set[str]) -> None:
        long, words, positions, quoted, encoded = (set[str]() for _ in range(5))
        for secret in secrets:
            written = forms(secret)
            if _is_common(secret):
                positions |= written
                continue
            for form in written:
                (long if len(form) >= _LONG else words).add(form)
            encoded |= base64_of(secret) | base64_of(unquote(secret))
            for piece in _pieces(secret):
                says_little = _is_common(piece) or piece.isalpha()
                (quoted if says_little else long if len(piece) >= _LONG else words).add(piece)
        self._long = sorted(long, key=len, reverse=True)
        self._patterns = [*map(_as_word, _by_length(words)), *_in_position(positions, quoted)]
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


class _Secrets:
    """Those of the process. Threads share it: what two of them find out at once is the same."""

    def __init__(self) -> None:
        self.remembered: set[str] = set()
        self.known: _Known | None = None


_secrets = _Secrets()


def remember(*secrets: str | None) -> None:
    """Adds secrets that were made or given while the program runs: no text has them from now on."""
    new = {secret for secret in secrets if secret} - _secrets.remembered
    if new:
        _secrets.remembered |= new
        look_again()


def look_again() -> None:
    """Looks at the configuration once more for the next text: it may have changed."""
    _secrets.known = None


def scrubbed(text: str) -> str:
    """A text in which each secret is ``***``, however it is written."""
    known = _secrets.known
    if known is None:
        known = _secrets.known = _Known(_configured() | _secrets.remembered)
    return known.hidden_in(text)


def _by_length(words: set[str]) -> list[str]:
    return sorted(words, key=len, reverse=True)


def _as_word(secret: str) -> re.Pattern[str]:
    """A short one: not a part of a longer word, but it may follow an encoded character."""
    before = r"(?:(?<!\w)|(?<=%[0-9A-Fa-f]{2})|(?<=\\[nrt]))" if secret[0].isalnum() else ""
    after = r"(?!\w)" if secret[-1].isalnum() else ""
    return re.compile(before + re.escape(secret) + after)


def _in_position(secrets: set[str], quoted: set[str]) -> Iterator[re.Pattern[str]]:
    """Those that would blank half a text are hidden only where a password stands."""
    if secrets:
        either = "|".join(map(re.escape, _by_length(secrets)))
        yield re.compile(rf"(?<=:)(?:{either})(?=@|[\"']|%40|\s|$)")
        yield re.compile(rf"(?<=[:\s\"'])(?:{either})(?=@)")
        yield re.compile(
            rf"(?i:(?<=password=)|(?<=password=')|(?<=password: )|(?<=password\": \")"
            rf"|(?<=password': ')|(?<=token=)|(?<=secret=))(?:{either})(?!\w)"
        )
    if quoted:
        either = "|".join(map(re.escape, _by_length(quoted)))
        yield re.compile(rf"(?<=[\"':])(?:{either})(?=[\"'@/?#\s])")


def _is_common(secret: str) -> bool:
    few = len(secret) < _SHORTEST or (secret.isdigit() and len(secret) < _DIGITS)
    return few or secret.lower() in _COMMON


def _pieces(secret: str) -> Set[str]:
    """What is left of a password that was taken apart, as it is where an address is malformed."""
    if "://" in secret or len(secret) > _LONGEST_PASSWORD:
        return set()
    cuts = [found.span() for found in _PIECES.finditer(secret)][:_MOST_CUTS]
    begins, ends = [0, *(end for _, end in cuts)], [*(start for start, _ in cuts), len(secret)]
    found = {secret[begin:end] for begin in begins for end in ends if begin < end}
    return found - {secret}


def _configured() -> set[str]:
    found: set[str] = set()
    for name, value in os.environ.items():
        found.update(_of_setting(name, value, in_secrets=False))
    for argument in sys.argv[1:]:
        found.update(_of_address(argument, is_key=False))
    for document, is_secret in documents():
        found.update(_of_tree("", document, in_secrets=is_secret))
    return {secret for secret in found if secret.strip()}


def documents() -> Iterator[tuple[Mapping[str, Any], bool]]:
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
    is_key = any(map(_is_secret_word, words)) and words[-1] not in _PLACE_WORDS
    if value.startswith(("{", "[")) and ("__" in name or is_key):
        tree = _parsed(value)
        if tree is not None:
            yield from _of_tree(name, tree, in_secrets=in_secrets or is_key)
            return
    may_be_address = is_key or "__" in name or "://" in value
    parts = list(_of_address(value, is_key=is_key)) if may_be_address else []
    yield from parts
    if _ADDRESS_WORDS.intersection(words):
        yield value
        yield from (part for part in urlsplit(value).path.split("/") if len(part) >= _LONG)
    elif parts or last in _PLAIN_NAMES or ("credentials" in words and _is_place(name, value)):
        return
    elif is_key or (in_secrets and len(value) >= _LONG and words[-1] != "url"):
        yield value


def _is_place(name: str, value: str) -> bool:
    return value.startswith(("/", "./", "~")) or "://" in value or "duckdb" in name.lower()


def _is_secret_word(word: str) -> bool:
    return word in _SECRET_WORDS or word.endswith(_SECRET_ENDS)


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
            yield b64encode(f"{user}:{after[:end]}".encode("utf-8", "surrogateescape")).decode()
    elif is_key and "@" in rest:
        yield rest.partition("@")[0]
    for name in _NAME.finditer(value):
        if any(map(_is_secret_word, name[1].lower().split("_"))):
            yield from _of_parameter(value[name.end() :])


def _of_parameter(rest: str) -> Iterator[str]:
    """What the value of a parameter may be that a text begins with."""
    quoted = _QUOTED.match(rest)
    if quoted:
        plain = quoted[1] or quoted[2] or ""
        yield from (plain, re.sub(r"\\(.)", r"\1", plain))
        return
    for end in _VALUE_ENDS:
        found = end.search(rest)
        yield rest[: found.start()] if found else rest
