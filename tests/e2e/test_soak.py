"""A few rounds of the soak; ``python -m tests.soak`` plays many."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..soak.rounds import Tally, lives
from ..soak.warehouses import DuckdbShelf, PostgresShelf, Shelf


@pytest.mark.parametrize(
    ("warehouse", "rounds"),
    [
        ("duckdb", 1),
        pytest.param("duckdb", 5, marks=pytest.mark.cross),
        pytest.param("postgres", 3, marks=pytest.mark.cross),
    ],
)
def test_two_runs_do_after_random_disasters(
    warehouse: str, rounds: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Whatever happened, the warehouse equals the truth after at most two runs."""

    def shelf(home: Path) -> Shelf:
        if warehouse == "duckdb":
            return DuckdbShelf(home)
        return PostgresShelf(request.getfixturevalue("postgres_cluster"), "soak")

    tally = Tally()
    for played in lives(shelf, tmp_path, seed=1, rounds=rounds):
        print(played)
        tally.add(played)
    assert not tally.failed
