"""The world of a soak: an account that lives, a machine that runs the command, a warehouse."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self

from dlt_uis.sandbox import Account, Limits, Sandbox, Switches
from dlt_uis.sandbox.switches import Faults

from ..e2e.truth import assert_equals_truth
from .life import LOOKBACK, Life
from .warehouses import Shelf

ROOT = Path(__file__).parents[2]

_CALLS, _DAYS = 240, 40
_SYNCED_DAYS = 12
_ENDLESS = 10**9
_SLOWEST = 200.0
"""Seconds after which a command that has not ended counts as one that hangs."""

QUIRKS: Sequence[tuple[str, Sequence[Any]]] = (
    ("inclusive_from", (True, False)),
    ("inclusive_till", (True, False)),
    ("shuffle", (True, True, False)),
    ("page_cap", (None, None, 60, 15)),
    ("total_items_offset", (0, 0, 0, 1, 2, -1)),
    ("total_items_as", ("number", "number", "number", "text", "null", "missing", "no metadata")),
    ("no_calls_as", ("list", "object", "null", "missing")),
    ("repeat", ("nothing", "nothing", "on a page", "on two pages")),
    ("latency", (0.0, 0.0, 0.02, 0.05)),
    ("bytes_per_second", (None, None, None, 500_000)),
    ("session_answers", (None, None, None, 7)),
    ("long_errors", (False, True)),
)
"""Switches of the sandbox that no sync may mind; those that a sandbox lacks are left out."""

_KEYS = {
    "sync_windows": ("_dlt_load_id", "window_start"),
    "verified_days": ("day",),
    "_dlt_loads": ("load_id", "schema_name"),
}
"""Tables beyond the report's, and what no two rows of theirs have in common."""


class Ended(NamedTuple):
    """A command that has ended."""

    arguments: Sequence[str]
    code: int
    seconds: float
    output: str


@dataclass
class Running:
    """A command that runs."""

    arguments: Sequence[str]
    process: subprocess.Popen[bytes]
    output: Path
    began: float

    def ended(self) -> Ended:
        """Waits for its end."""
        try:
            code = self.process.wait(_SLOWEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.arguments[0]} hung for {_SLOWEST} s") from None
        seconds = time.monotonic() - self.began
        return Ended(self.arguments, code, seconds, self.output.read_text(errors="replace"))


@dataclass
class Backup:
    """A warehouse as it was, and the working folder beside it."""

    name: str
    floor: datetime
    folder: Path


class World:
    """An account that lives on, its API, a machine with a working folder, and a warehouse.

    The account's clock stands still while a command runs, so that its calls can be compared
    afterwards; between two commands it goes on by what the first one took.

    Attributes:
        life: what happens to the account.
        folder: the machine's current folder; ``dlt`` in it is dlt's working folder.
        floor: from where on (local midnight) the warehouse is to have the calls.
        typical: seconds that a command takes.
        lacks_history: a backup is back that is older than a backfill: only that brings all calls.
    """

    def __init__(self, seed: str, folder: Path, shelf: Shelf) -> None:
        self.rng = random.Random(seed)
        self.folder = folder
        self.shelf = shelf
        now = datetime(2026, 1, 15, 12, tzinfo=UTC) + timedelta(hours=self.rng.randrange(9_000))
        zone = self.rng.choice(("Europe/Moscow", "Europe/Berlin", "America/New_York"))
        self.account = Account(_CALLS, _DAYS, self.rng.randrange(10**6), zone, now)
        self.life = Life(self.rng, self.account)
        limits = Limits(day=_ENDLESS, minute=_ENDLESS)
        self.sandbox = Sandbox(self.account, limits=limits)
        self.started = self.floor = self.midnight(now - timedelta(days=_SYNCED_DAYS))
        self.backups: list[Backup] = []
        self.commands: list[Ended] = []
        self.typical = 2.0
        self.lacks_history = False
        self._made = 0
        self._took = 0.0
        self._with_login = self.rng.random() < 0.3

    def __enter__(self) -> Self:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sandbox.stop()
        self.forget_backups()

    # -- the machine ----------------------------------------------------------------------------

    @property
    def work(self) -> Path:
        """dlt's working folder."""
        return self.folder / "dlt"

    def start(
        self, *arguments: str, ahead: float = 0.0, largest: int = 0, work: Path | None = None
    ) -> Running:
        """Starts the command.

        Args:
            ahead: seconds that the machine's clock is ahead of the account's.
            largest: bytes that a file may have; 0 for any.
            work: the working folder, if it is another machine's.
        """
        self.account.advance(timedelta(seconds=self._took))
        self._took = 0.0
        self._made += 1
        output = self.folder / "outputs" / f"{self._made:03}-{arguments[0]}.txt"
        output.parent.mkdir(parents=True, exist_ok=True)
        shift = self.account.now().timestamp() - time.time() + ahead
        module = [sys.executable, "-m", "tests.soak.command", str(shift), str(largest)]
        options = ["--destination", self.shelf.destination]
        environment = self._environment(work or self.work)
        if largest:
            # Python would keep what it could write of a compiled module, for all later runs
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [*module, *arguments, *options],
                cwd=self.folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        return Running(arguments, process, output, time.monotonic())

    def end(self, running: Running) -> Ended:
        """Waits for the end of a command, and takes note of it."""
        ended = running.ended()
        self.commands.append(ended)
        self._took = max(self._took, ended.seconds + 1)
        return ended

    def run(self, *arguments: str, ahead: float = 0.0, largest: int = 0) -> Ended:
        """Runs the command to its end."""
        return self.end(self.start(*arguments, ahead=ahead, largest=largest))

    def _environment(self, work: Path) -> dict[str, str]:
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "DLT_", "SOURCES__", "DESTINATION__"))
        }
        sandbox = self.sandbox
        credentials = {"ACCESS_TOKEN": sandbox.access_token}
        if self._with_login:
            credentials = {"LOGIN": sandbox.login, "PASSWORD": sandbox.password}
        settings = {
            **credentials,
            "API_URL": sandbox.url,
            "START_DATE": self.started.date().isoformat(),
            "LOOKBACK_DAYS": str(LOOKBACK.days),
            "REQUEST_ATTEMPTS": "3",
            "REQUEST_TIMEOUT": "4",
        }
        return {
            **inherited,
            **self.shelf.environment,
            **{f"SOURCES__UIS__{name}": value for name, value in settings.items()},
            "DLT_DATA_DIR": str(work),
            "RUNTIME__DLTHUB_TELEMETRY": "false",
            "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "pipelines"))),
        }

    # -- backups --------------------------------------------------------------------------------

    def back_up(self, most: int = 3) -> None:
        """Keeps the warehouse and the working folder as they are, and so many backups in all."""
        self._made += 1
        name = f"backup{self._made}"
        self.shelf.save(name)
        folder = self.folder / "backups" / name
        folder.mkdir(parents=True)
        shutil.copytree(self.work, folder / "dlt")
        self.backups.append(Backup(name, self.floor, folder / "dlt"))
        while len(self.backups) > most:
            self.forget(self.backups[0])

    def restore(self, backup: Backup) -> None:
        """Puts a backup in the place of the warehouse."""
        self.shelf.restore(backup.name)
        self.lacks_history = backup.floor > self.floor

    def forget(self, backup: Backup) -> None:
        self.backups.remove(backup)
        self.shelf.forget(backup.name)
        shutil.rmtree(backup.folder.parent)

    def forget_backups(self) -> None:
        for backup in list(self.backups):
            self.forget(backup)

    def midnight(self, moment: datetime) -> datetime:
        """The local (naive) midnight before an instant."""
        return self.account.local(moment).replace(hour=0, minute=0, second=0, microsecond=0)

    # -- the API --------------------------------------------------------------------------------

    def calm(self) -> None:
        """No fault is to come any more."""
        self.sandbox.faults = Faults()
        self.set_switches(lose_rows=0)

    def draw_quirks(self) -> str:
        """The API behaves in other undocumented ways from now on; tells in which."""
        drawn = {name: self.rng.choice(values) for name, values in QUIRKS}
        if drawn["total_items_offset"] < 0 and drawn["page_cap"]:
            # too small a total and a page that ends early: nobody could know that there is more
            drawn["page_cap"] = None
        self.set_switches(**drawn)
        usual = Switches()
        odd = [f"{n}={v!r}" for n, v in drawn.items() if v != getattr(usual, n, v)]
        return "quirks " + ", ".join(odd) if odd else "no quirks"

    def set_switches(self, **values: Any) -> None:
        """Sets those switches that there are."""
        for name, value in values.items():
            if hasattr(self.sandbox.switches, name):
                setattr(self.sandbox.switches, name, value)

    # -- the truth ------------------------------------------------------------------------------

    def compare(self) -> None:
        """The warehouse has every value of the account, and nothing twice.

        Raises:
            AssertionError: it has not; says what differs.
        """
        with self.shelf.open() as warehouse:
            assert_equals_truth(self.account, warehouse, since=str(self.floor))
            for table, key in _KEYS.items():
                if warehouse.types(table):
                    columns = ", ".join(key)
                    doubled = warehouse.query(
                        f"SELECT {columns}, count(*) FROM uis_data.{table}"
                        f" GROUP BY {columns} HAVING count(*) > 1"
                    )
                    assert not doubled, f"{table}: doubled rows {doubled[:3]}"

    def pending(self, pipeline: str) -> list[str]:
        """Load packages of a pipeline that wait to be loaded."""
        folder = self.work / "pipelines" / pipeline
        places = ("normalize/extracted", "load/new", "load/normalized")
        packages = (path for place in places for path in (folder / place).glob("*/"))
        return sorted(str(path.relative_to(folder)) for path in packages)

    def kept(self) -> int:
        """How much the working folder keeps that no run needs: what was moved aside because it is
        damaged, and what killed runs had read by halves."""
        aside = {path for path in self.work.rglob("*") if ".damaged-" in path.name}
        halves = set(self.work.glob("pipelines/*/normalize/*/"))
        return len(aside | {path for path in halves if path.name != "extracted"})
