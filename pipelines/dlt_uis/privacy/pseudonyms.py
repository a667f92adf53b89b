"""Pseudonyms: a keyed hash of text, many values at a time.

A plain hash of a phone number hides nothing: there are so few numbers (10¹¹) that all of them can
be hashed in minutes. Hence HMAC-SHA256 (RFC 2104): who lacks the key can neither undo nor repeat
it. DuckDB computes it, outside of Python's lock and in memory only.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from ..decoding.arrays import whole

SHORTEST_KEY = 32
"""Characters of a key: 128 bits, if they are hexadecimal and random."""

_BLOCK = 64
_LENGTH = 32
"""Hexadecimal digits of a pseudonym: 128 bits, so that no two values ever meet by chance."""

_HMAC = (
    "SELECT left(sha256($outer || unhex(sha256($inner || encode(text)))), $length) AS pseudonym"
    " FROM texts"
)

_PHONE = r"[+().\p{Z}\p{Pd}\d]*\d[+().\p{Z}\p{Pd}\d]*"
"""What is written with digits and the usual marks only; a name or an address of SIP is not."""


class Pseudonyms:
    """Makes pseudonyms with a key; threads may share it. What it returns has no way back.

    The same text has the same pseudonym everywhere, as long as the key is the same.
    """

    def __init__(self, key: str) -> None:
        secret = key.encode()
        if len(secret) > _BLOCK:
            secret = hashlib.sha256(secret).digest()
        secret = secret.ljust(_BLOCK, b"\0")
        self._inner = bytes(byte ^ 0x36 for byte in secret)
        self._outer = bytes(byte ^ 0x5C for byte in secret)

    @cached_property
    def _database(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""})

    def of(self, texts: pa.Array) -> pa.Array:
        """The pseudonyms of texts: 32 hexadecimal digits. Null stays null, empty stays empty."""
        encoded = texts.dictionary_encode()
        distinct = encoded.dictionary
        hashed = pc.if_else(pc.equal(distinct, ""), distinct, self._hashed(distinct))
        return hashed.take(encoded.indices)

    def of_phones(self, numbers: pa.Array) -> pa.Array:
        """The pseudonyms of phone numbers: of their digits, however they are written."""
        is_phone = pc.match_substring_regex(numbers, f"^{_PHONE}$")
        digits = pc.replace_substring_regex(numbers, r"\D", "")
        return self.of(pc.if_else(is_phone, digits, numbers))

    def of_one(self, text: str) -> str:
        """The pseudonym of a single text."""
        pseudonym: str = self.of(pa.array([text]))[0].as_py()
        return pseudonym

    def _hashed(self, texts: pa.Array) -> pa.Array:
        parameters = {"inner": self._inner, "outer": self._outer, "length": _LENGTH}
        with self._database.cursor() as cursor:
            cursor.register("texts", pa.table({"text": texts}))
            found = cursor.sql(_HMAC, params=parameters).to_arrow_table()
        return whole(found["pseudonym"])
