"""Who has written much commits alone, and nobody waits for ever."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dlt_uis.destinations.committing import Transactions

PATIENCE = 30.0


@pytest.mark.parametrize("seed", range(5))
def test_nobody_else_writes_while_one_is_alone(seed: int) -> None:
    transactions, lock = Transactions(), threading.Lock()
    chance = random.Random(seed)
    writing, alone, seen = 0, 0, []

    def load(writes_much: bool, seconds: float) -> None:
        nonlocal writing, alone
        with transactions.begun() as be_alone:
            with lock:
                assert not alone
                writing += 1
            time.sleep(seconds)  # what the statements take, in which others may come
            with lock:
                writing -= 1
            if writes_much:
                be_alone()
                with lock:
                    alone += 1
                    seen.append((alone, writing))
                time.sleep(seconds)  # what the commit takes
                with lock:
                    alone -= 1

    kinds = [(chance.random() < 0.4, chance.random() * 0.01) for _ in range(60)]
    with ThreadPoolExecutor(4) as pool:
        loads = [pool.submit(load, *kind) for kind in kinds]
        for each in loads:
            each.result(PATIENCE)
    assert seen == [(1, 0)] * sum(writes_much for writes_much, _ in kinds)


def test_a_transaction_that_fails_makes_way() -> None:
    transactions = Transactions()
    for is_alone in (False, True):
        with pytest.raises(ValueError, match="failed"), transactions.begun() as be_alone:
            if is_alone:
                be_alone()
            raise ValueError("failed")
    with ThreadPoolExecutor(1) as pool:

        def load() -> bool:
            with transactions.begun() as be_alone:
                be_alone()
                return True

        assert pool.submit(load).result(PATIENCE)
