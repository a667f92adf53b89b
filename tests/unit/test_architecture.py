"""The package is a house of rooms: each imports only from rooms below it, by relative names."""

from __future__ import annotations

import ast
import functools
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

import pytest
from click.testing import CliRunner

import dlt_uis
from dlt_uis.cli.main import COMMANDS, cli
from dlt_uis.reports import REPORTS

PACKAGE = Path(dlt_uis.__file__).parent

FLOORS = (
    "secrecy", "errors", "progress", "process", "reports", "localtime", "sandbox", "api",
    "decoding", "privacy", "reading", "tables", "warehouse", "destinations", "views", "source",
    "runner", "backfill", "verify", "recordings", "check", "overview", "monitoring", "cli",
)  # fmt: skip
"""Rooms, and files that lie beside them, from the ground up."""

FACES = ("__init__", "__main__", "locking")
"""Files that only hand on what stands in a room, under a name that users type."""

PUBLIC = {
    "dlt_uis": ("create_indexes", "uis_source"),
    "dlt_uis.backfill": ("Backfill",),
    "dlt_uis.cli": ("cli",),
    "dlt_uis.destinations": ("duckdb", "postgres"),
    "dlt_uis.locking": ("writing",),
    "dlt_uis.progress": ("Progress",),
    "dlt_uis.recordings": ("forget_recordings", "store_recordings"),
    "dlt_uis.runner": ("DATASET", "DESTINATIONS", "PIPELINE", "make_pipeline", "run"),
    "dlt_uis.sandbox": ("Account", "Limits", "Sandbox", "Switches"),
    "dlt_uis.verify": ("Verify",),
}


def module_of(path: Path) -> tuple[str, ...]:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts


@functools.cache
def imports_of(path: Path) -> Sequence[tuple[str, ...]]:
    """The modules of ours that a file imports, anywhere in it."""
    return list(_imports_of(path))


def _imports_of(path: Path) -> Iterator[tuple[str, ...]]:
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            if node.module:
                yield (*base, *node.module.split("."))
            else:
                yield from ((*base, name.name) for name in node.names)
        elif isinstance(node, ast.Import):
            assert not any(name.name.startswith("dlt_uis") for name in node.names), path
        elif isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith("dlt_uis"), path


FILES = sorted(PACKAGE.rglob("*.py"))


def test_every_file_is_in_a_room_that_is_known() -> None:
    rooms = {path.relative_to(PACKAGE).parts[0].removesuffix(".py") for path in FILES}
    assert rooms == {*FLOORS, *FACES}
    assert len(list(PACKAGE.glob("*.py"))) <= 8


def test_a_room_imports_only_from_rooms_below_it() -> None:
    floor = {room: number for number, room in enumerate(FLOORS)}
    upwards = [
        f"{'.'.join(module_of(path))} imports {'.'.join(imported)}"
        for path in FILES
        if (room := module_of(path)[0]) not in FACES
        for imported in imports_of(path)
        if imported[0] != room and floor[imported[0]] >= floor[room]
    ]
    assert upwards == []


def test_no_files_of_a_room_import_one_another_in_a_circle() -> None:
    graph: Mapping[tuple[str, ...], set[tuple[str, ...]]] = {
        module_of(path): {each for each in imports_of(path) if each[0] == module_of(path)[0]}
        for path in FILES
        if module_of(path)[0] not in FACES and path.name != "__init__.py"
    }
    list(TopologicalSorter(graph).static_order())


@pytest.mark.parametrize(("module", "names"), PUBLIC.items())
def test_public_names_stay_where_they_are(module: str, names: tuple[str, ...]) -> None:
    assert all(hasattr(import_module(module), name) for name in names)


def test_help_lists_each_command_in_its_own_words() -> None:
    with cli.make_context("dlt-uis", ["sync"]) as context:
        commands = {name: cli.get_command(context, name) for name in cli.list_commands(context)}
    shorts = {name: each.get_short_help_str(200) for name, each in commands.items() if each}
    assert shorts == {name: place.help for name, place in COMMANDS.items()}


def test_of_a_mistyped_command_the_similar_one_is_named() -> None:
    result = CliRunner().invoke(cli, ["snyc"])
    assert result.exit_code == 2
    assert "No such command 'snyc'. Did you mean 'sync'?" in result.output


def test_a_help_needs_no_dlt() -> None:
    code = "import sys; from dlt_uis.cli.main import cli; assert 'dlt' not in sys.modules"
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


LONGEST_FILE, LONGEST_FUNCTION = 450, 60
"""Lines; of a function without its docstring. Tables of fields and of errors are as long as what
they list."""


def test_files_and_functions_stay_short() -> None:
    tables = {PACKAGE / "errors.py", *(PACKAGE / "reports").glob("*.py")}
    files = [path for path in FILES if path not in tables]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {path.name: length for path, length in lengths.items() if length > LONGEST_FILE} == {}
    functions = {f"{path.name}: {name}": length for path in files for name, length in of(path)}
    assert {name: length for name, length in functions.items() if length > LONGEST_FUNCTION} == {}


def of(path: Path) -> Iterator[tuple[str, int]]:
    """The functions of a file, with their lines of code."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            documented = ast.get_docstring(node) is not None
            begin = (node.body[0].end_lineno or 0) - node.body[0].lineno + 1 if documented else 0
            yield node.name, (node.end_lineno or 0) - node.lineno + 1 - begin


def test_only_the_room_of_reports_knows_a_report() -> None:
    others = [path for path in FILES if path.parent != PACKAGE / "reports"]
    names = [f"{table.upper()}_REPORT" for table in REPORTS]
    knowing = [path for path in others if any(name in path.read_text("utf-8") for name in names)]
    assert knowing == []
