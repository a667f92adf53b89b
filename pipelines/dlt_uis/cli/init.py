"""``dlt-uis init``: files for settings and secrets, to be filled in."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import click

from ..api.brands import BRANDS
from ..errors import CurrentFolderUnusable
from ..monitoring.logs import result_console
from ..runner.pipelines import DESTINATIONS
from .grouped import GroupedCommand
from .reporting import reported

_FOLDER = Path(".dlt")
_IGNORED = "*secrets.toml\n"


@click.command(cls=GroupedCommand)
@reported
@click.option("--brand", type=click.Choice(tuple(BRANDS)), help="Ask the Data API of this brand.")
@click.option(
    "--destination",
    type=click.Choice(DESTINATIONS),
    help="Load to this warehouse, if none is named.",
)
def init(*, brand: str | None, destination: str | None) -> None:
    """Write files for settings and secrets, with a word on each; what is there stays.

    They are .dlt/config.toml and .dlt/secrets.toml, which only you can read.
    """
    config, secrets = _template("config.toml"), _template("secrets.toml.example")
    if brand is not None:
        config = config.replace('# brand = "uis"', f'brand = "{brand}"')
    if destination is not None:
        config = config.replace('# destination = "duckdb"', f'destination = "{destination}"')
        secrets = _with_section(secrets, f"destination.{destination}.credentials")
    written = [
        _write(_FOLDER / "config.toml", config),
        _write(_FOLDER / "secrets.toml", secrets, mode=0o600),
        _write(_FOLDER / ".gitignore", _IGNORED),
    ]
    console = result_console()
    for line in [*written, "Fill in .dlt/secrets.toml, and run: dlt-uis check"]:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def _template(name: str) -> str:
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


def _with_section(text: str, section: str) -> str:
    """The text, in which the commented lines of a section count."""
    found = re.search(rf"^# \[{re.escape(section)}\].*(?:\n# .*)*", text, re.MULTILINE)
    if found is None:
        return text
    lines = re.sub(r"^# ", "", found[0], flags=re.MULTILINE)
    return text[: found.start()] + lines + text[found.end() :]


def _write(path: Path, text: str, mode: int = 0o644) -> str:
    """Writes a file that is not there yet; says what was done."""
    if path.exists() or path.is_symlink():
        return f"{path} is there already, and stays as it is, whatever was typed."
    # it is there whole, or not at all
    new = path.with_name(f"{path.name}.new")
    try:
        if not path.parent.is_dir():
            path.parent.mkdir()
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
            file.write(text)
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise CurrentFolderUnusable(f"{path}: {error.strerror or error}") from error
    return f"Wrote {path}."
