"""The benchmarks run, and refuse a contender that makes other tables than the rest."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..benchmarks.digests import check
from ..benchmarks.harness import ROOT, checkout_environment, measure, module_command


@pytest.mark.cross
def test_contenders_make_the_same_tables_and_are_told_in_json_and_a_picture(
    tmp_path: Path,
) -> None:
    told, drawn = tmp_path / "told.json", tmp_path / "drawn.svg"
    few = ["--calls", "300", "--runs", "1", "--only", "a,d,d2,f", "--strict"]
    done = subprocess.run(
        [*module_command("__main__"), *few, "--out", str(told), "--svg", str(drawn)],
        cwd=ROOT,
        env=checkout_environment(),
        check=False,
        capture_output=True,
        text=True,
    )
    # so few calls are read from a file sooner than Python has started: a bound is not held
    assert done.returncode == 1 and told.exists(), done.stderr
    outcome = json.loads(told.read_text())
    measured = {each["key"]: each for each in outcome["contenders"]}
    assert measured.keys() == {"a", "d", "d2", "f", "f2"}
    for each in measured.values():
        assert each["calls"] == outcome["calls"] == 300
        assert each["seconds"] > 0 and each["cpu_seconds"] > 0 and each["peak_mb"] > 0
    assert measured["a"]["requests"] >= 1
    assert [(bound["limit"], bound["is_held"]) for bound in outcome["bounds"]] == [(0.8, False)]
    assert ElementTree.fromstring(drawn.read_text()).tag.endswith("svg")


def test_a_contender_that_makes_less_is_refused() -> None:
    expected = {"calls": (2, 7), "calls__tags": (3, 9)}
    check("plain", dict(expected), expected)
    with pytest.raises(AssertionError, match="plain: calls__tags differ"):
        check("plain", {"calls": (2, 7), "calls__tags": (3, 8)}, expected)


def test_peak_memory_is_the_contenders_own_not_the_harness_s(tmp_path: Path) -> None:
    held = bytearray(300_000_000)
    done = measure(["true"], tmp_path, checkout_environment())
    assert done.peak_mb < 60
    assert len(held) == 300_000_000
