"""A few rounds of the soak; ``python -m tests.soak`` plays many."""

from __future__ import annotations

from pathlib import Path

from ..soak.rounds import Tally, lives
from ..soak.warehouses import DuckdbShelf, PostgresShelf
from .servers.postgres import PostgresServer


def test_two_runs_do_after_random_disasters(
    tmp_path: Path, postgres_cluster: PostgresServer
) -> None:
    """Whatever happened, the warehouse equals the truth after at most two runs."""
    tally = Tally()
    for shelf, rounds in ((DuckdbShelf, 2), (lambda _: PostgresShelf(postgres_cluster, "soak"), 1)):
        for played in lives(shelf, tmp_path / str(rounds), seed=1, rounds=rounds):
            print(played)
            tally.add(played)
    assert not tally.failed
