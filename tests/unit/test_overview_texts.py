"""The overview says all that it says in both languages."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlt_uis.overview
from dlt_uis.overview.coverage import State
from dlt_uis.overview.loads import Kind
from dlt_uis.overview.texts import RUSSIAN, Texts, usual_language

ROOM = Path(dlt_uis.overview.__file__).parent

CHOSEN = {*(state.value for state in State), *(kind.value for kind in Kind)}
"""Texts that are found by the value of something."""


def literals(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def trees() -> Iterator[ast.AST]:
    for path in ROOM.glob("*.py"):
        if path.name != "texts.py":
            yield ast.parse(path.read_text("utf-8"))


def asked() -> Iterator[str]:
    """Texts that are asked for where they are written."""
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("t", "self._t"):
                yield from literals(node.args[0])


def test_each_text_is_there_in_russian() -> None:
    assert {*asked(), *CHOSEN} - {*RUSSIAN} == set()


def test_no_russian_text_is_left_over() -> None:
    own = {"{count} s", "{hours}:{minutes:02} h"}
    written = {text for tree in trees() for text in literals(tree)}
    assert {*RUSSIAN} - written - CHOSEN - own == set()


@pytest.mark.parametrize(("english", "russian"), RUSSIAN.items())
def test_both_have_the_same_places_for_values(english: str, russian: str) -> None:
    places = [{part.split("}")[0] for part in text.split("{")[1:]} for text in (english, russian)]
    assert places[0] == places[1]


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (1, "1 день"), (3, "3 дня"), (5, "5 дней"), (11, "11 дней"), (21, "21 день"),
        (112, "112 дней"), (1_024, "1\u202f024 дня"),
    ],
)  # fmt: skip
def test_russian_counts(count: int, told: str) -> None:
    assert Texts("ru").counted(count, "day") == told


def test_numbers_and_lengths() -> None:
    english, russian = Texts("en"), Texts("ru")
    assert english.number(1_234.5, 1) == "1\u202f234.5"
    assert russian.number(1_234.5, 1) == "1\u202f234,5"
    assert [english.seconds(each) for each in (None, 45, 65, 3_900)] == [
        "–",
        "45 s",
        "1:05",
        "1:05 h",
    ]
    assert russian.seconds(3_900) == "1:05 ч"


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"LANG": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"LC_ALL": "C", "LANG": "ru_RU.UTF-8"}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(
    variables: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert usual_language() == language
