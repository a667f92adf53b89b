"""The documents agree with the code, with each other, and with the files they point to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import signature
from pathlib import Path

import pytest

from dlt_uis.reports import REPORTS
from dlt_uis.source.parameters import configure
from dlt_uis.source.unknown_settings import FOR_CODE
from tests.docs.pages import pages

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])

_PAIRS = [
    ("README.md", "README.ru.md"),
    *((f"docs/{page.name}", f"docs/ru/{page.name}") for page in sorted(DOCS.glob("ru/*.md"))),
]
TRANSLATIONS = [*_PAIRS, *(pair[::-1] for pair in _PAIRS)]

_BLOCK = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMENT = re.compile(r"(^|\s)\s*(#|--)\s.*$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def test_the_pages_of_tables_are_what_the_code_says() -> None:
    """Whoever changes a column sees it in the documents, too."""
    committed = {str(path.relative_to(DOCS)) for path in [*DOCS.glob("tables/*.md")]}
    generated = pages()
    assert committed == {path for path in generated if path.startswith("tables/")}, "run make docs"
    for path, text in generated.items():
        assert (DOCS / path).read_text(encoding="utf-8") == text, f"{path}: run make docs"


@pytest.mark.parametrize(("one", "other"), TRANSLATIONS)
def test_both_languages_have_the_same_commands(one: str, other: str) -> None:
    """Comments are in the reader's language, what is to be typed is the same."""
    theirs = set(_blocks(other))
    missing = [block for block in _blocks(one) if block not in theirs]
    assert not missing, f"{other} lacks these blocks of {one}:\n\n" + "\n\n".join(missing)


@pytest.mark.parametrize(("one", "other"), TRANSLATIONS)
def test_both_languages_name_the_same_settings_options_and_tables(one: str, other: str) -> None:
    """A section that is in one language only would be noticed by its names."""
    missing = sorted(_names(one) - _names(other))
    assert not missing, f"{other} does not mention what {one} does: {', '.join(missing)}"


@pytest.mark.parametrize("page", ["docs/reports.md", "docs/ru/reports.md"])
def test_the_page_of_reports_has_all_of_them(page: str) -> None:
    """With key and cursor, as the code has them."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for name, report in REPORTS.items():
        (row,) = re.findall(rf"^\| \[`{name}`\].*$", text, re.MULTILINE)
        columns = row.split(" | ")
        assert all(f"`{each}`" in columns[2] for each in report.key)
        assert columns[3] == f"`{report.cursor}`"


@pytest.mark.parametrize("page", ["docs/configuration.md", "docs/ru/configuration.md"])
def test_the_page_of_settings_has_all_of_them(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    settings = {*signature(configure).parameters}.difference(FOR_CODE)
    lacking = {name for name in settings if not re.search(rf"\b(?:\w+__)?{name.upper()}\b", text)}
    assert lacking == set()


def test_the_readmes_are_short() -> None:
    """What takes longer to say has a page of its own."""
    for readme in ("README.md", "README.ru.md"):
        assert len((ROOT / readme).read_text("utf-8").splitlines()) <= 180


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    """Files and headings that a document points to are there."""
    text = document.read_text(encoding="utf-8")
    for link in _LINK.findall(_BLOCK.sub("", text)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = document.parent / path if path else document
        assert target.exists(), f"{document.name}: {link}"
        if anchor:
            assert anchor in set(_anchors(target)), f"{document.name}: {link}"


def _blocks(document: str) -> Iterator[str]:
    """The code blocks of a document, without comments."""
    for block in _BLOCK.findall((ROOT / document).read_text(encoding="utf-8")):
        lines = (line.rstrip() for line in _COMMENT.sub("", block).splitlines())
        yield "\n".join(line for line in lines if line)


def _names(document: str) -> set[str]:
    """What stands in code within the text of a document, but for its code blocks."""
    text = _BLOCK.sub("", (ROOT / document).read_text(encoding="utf-8"))
    return {" ".join(name.split()) for name in _CODE.findall(text)}


def _anchors(document: Path) -> Iterator[str]:
    """The anchors that GitHub gives the headings of a document."""
    for heading in _HEADING.findall(_BLOCK.sub("", document.read_text(encoding="utf-8"))):
        words = re.sub(r"[^\w\- ]", "", heading.lower())
        yield words.strip().replace(" ", "-")
