"""How newcomers go on from the demo: commands that work as they are printed."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import dlt
from dlt.destinations.impl.duckdb.configuration import DuckDbCredentials

from ..runner.pipelines import DATASET, PIPELINE

_LATEST = (
    "SELECT start_time, direction, is_lost, total_duration FROM {calls}"
    " ORDER BY start_time DESC LIMIT 10"
)

_LOOK_IN_FILE = "import duckdb; duckdb.connect({file!r}, read_only=True).sql({query!r}).show()"
_LOOK_ELSEWHERE = (
    "import dlt; client = dlt.attach({name!r}).sql_client(); client.open_connection();"
    " print(*(' | '.join(map(str, row)) for row in client.execute_sql({query!r})), sep=chr(10))"
)

_GO_ON = """
Look at it yourself:
  {look}
Beside the tables there are views for analysts, such as call_facts, missed_calls and hours.
Run the demo again: it reads only what is new.

Go on with your own account, which gets a pipeline and a dataset of its own ({pipeline}, {dataset}):
  export SOURCES__UIS__ACCESS_TOKEN=…    # or SOURCES__UIS__LOGIN and SOURCES__UIS__PASSWORD
  export SOURCES__UIS__BRAND=uis         # or comagic, callgear, novofon
  {command} check
  {command} sync"""


def how_to_go_on(pipeline: dlt.Pipeline) -> str:
    """Commands, which work as they are printed: to look at the demo, and to leave it behind."""
    python = f"{_shown(Path(sys.executable))} -c"
    return _GO_ON.format(
        look=f"{python} {_quoted(_look(pipeline))}",
        pipeline=PIPELINE,
        dataset=DATASET,
        command=_command(),
    )


def _look(pipeline: dlt.Pipeline) -> str:
    """A line of Python that shows the latest calls; it needs what is installed anyway."""
    credentials = getattr(pipeline.destination_client().config, "credentials", None)
    if isinstance(credentials, DuckDbCredentials):
        query = _LATEST.format(calls=f"{pipeline.sql_client().dataset_name}.calls")
        return _LOOK_IN_FILE.format(file=_near(Path(credentials.database)), query=query)
    return _LOOK_ELSEWHERE.format(name=pipeline.pipeline_name, query=_LATEST.format(calls="calls"))


def _command() -> str:
    """How this command line is called from here."""
    script = Path(sys.executable).with_name("dlt-uis")
    found = shutil.which("dlt-uis")
    if found is not None and Path(found).parent == script.parent:
        return "dlt-uis"
    if script.exists():
        return _shown(script)
    return f"{_shown(Path(sys.executable))} -m dlt_uis"


def _shown(path: Path) -> str:
    return shlex.quote(_near(path))


def _near(path: Path) -> str:
    """A path as it is typed in the current folder."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _quoted(code: str) -> str:
    """In double quotes, for any shell: the code has none, nor what a shell would replace."""
    return f'"{code}"' if not set(code) & set('"\\$`!') else shlex.quote(code)
