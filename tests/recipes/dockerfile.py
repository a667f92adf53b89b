"""Runs a container file's steps without a container engine, in a folder instead of an image.

It knows what our file uses, no more: paths below ``_PLACES`` lie in the folder, ``COPY`` takes from
the repository what ``.dockerignore`` lets through, and users are not made.
"""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..environments import ROOT
from .installing import run, users_environment

_PLACES = ("/opt/dlt-uis", "/build", "/data")


@dataclass
class Image:
    """What the steps have made: files below ``root``, and how a container of it starts."""

    root: Path
    environment: dict[str, str] = field(default_factory=dict)
    user: str = "root"
    folder: str = "/"
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def here(self, text: str) -> str:
        """A command with the image's paths as they are on this machine."""
        for place in _PLACES:
            text = text.replace(place, f"{self.root}{place}")
        return text

    def start(self, *arguments: str, **environment: str) -> str:
        """What a container prints that is run with these arguments and variables."""
        folder = Path(self.here(self.folder))
        given = {**users_environment(self.root), **self.environment, **environment}
        command = [*self.entrypoint, *(arguments or self.command)]
        # `env` looks the command up in the container's PATH, not in ours
        return run("env", *command, cwd=folder, **given)


def build(dockerfile: Path, root: Path) -> Image:
    """Does what the file says, the last stage's settings being the image's."""
    image = Image(root)
    (root / "data").mkdir(parents=True)
    for keyword, rest in _instructions(dockerfile):
        match keyword:
            case "FROM":
                image = Image(root, {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"})
            case "COPY" if not rest.startswith("--from=build "):
                _copy(dockerfile, image, rest)
            case "RUN" if not rest.startswith("useradd "):
                run("sh", "-c", image.here(rest), cwd=root, **image.environment)
            case "ENV":
                name, value = rest.split("=", 1)
                path = image.environment["PATH"]
                image.environment[name] = image.here(value).replace("$PATH", path)
            case "USER":
                image.user = rest
            case "WORKDIR":
                image.folder = rest
            case "ENTRYPOINT":
                image.entrypoint = tuple(json.loads(rest))
            case "CMD":
                image.command = tuple(json.loads(rest))
            case "COPY" | "RUN":
                pass
            case _:
                raise ValueError(f"{keyword} is not known here")
    return image


def _instructions(dockerfile: Path) -> Iterator[tuple[str, str]]:
    lines = [line for line in dockerfile.read_text().splitlines() if not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        if line.strip():
            keyword, rest = line.split(maxsplit=1)
            yield keyword, rest


def _copy(dockerfile: Path, image: Image, rest: str) -> None:
    *sources, target = shlex.split(rest)
    into = Path(image.here(target))
    let_through = Path(f"{dockerfile}.dockerignore").read_text().splitlines()
    for source in sources:
        assert f"!{source}" in let_through, f".dockerignore keeps {source} out of the build"
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, into, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            into.parent.mkdir(parents=True, exist_ok=True)
            if target.endswith("/"):
                into.mkdir(exist_ok=True)
            shutil.copy(ROOT / source, into)
