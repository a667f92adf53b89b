"""What happens to the account's calls: time passes, calls come, change, end and go."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

from dlt_uis.sandbox import Account

LOOKBACK = timedelta(days=3)
"""What a sync reads again."""

_MARGIN = timedelta(hours=3)
"""A changed call is so much younger than the lookback: clocks may be set back an hour meanwhile."""


class Life:
    """Changes an account; but for :meth:`change_old` only calls that began within the lookback.

    So whatever is changed at some time is read by every sync that goes on from a cursor of that
    time, or of an earlier one: from a restored backup, too.
    """

    def __init__(self, rng: random.Random, account: Account) -> None:
        self.rng = rng
        self.account = account
        self._ongoing: list[int] = []

    def move_on(self) -> str:
        """Time passes, and calls come and change; tells what happened."""
        by = timedelta(minutes=self.rng.choice((7, 60, 300, 1_440, 2_880, 4_000)))
        # who would be too old for a sync to see it end, ends now
        youngest = self.account.now() + by - LOOKBACK + 2 * _MARGIN
        for id_ in [each for each in self._ongoing if self.account.instant_of(each) < youngest]:
            self._end(id_)
        self.account.advance(by)
        count = self.rng.randint(3, 25)
        for _ in range(count):
            self.change()
        return f"{by} pass, {count} changes"

    def change(self) -> None:
        """Something happens to a recent call, or a new one comes."""
        rng, account = self.rng, self.account
        recent = self._recent()
        id_ = rng.choice(recent) if recent else account.add_call(account.now() - _MARGIN)
        changes: Sequence[Callable[[], object]] = (
            lambda: account.add_call(self._moment()),
            lambda: account.add_calls(self._moment(), rng.randint(2, 12)),
            lambda: account.tag(id_, rng.choice(("новый", "VIP 🎉", "спам"))),
            lambda: account.untag(id_),
            lambda: account.sell(id_, Decimal(rng.randrange(10**6)) / 100),
            lambda: account.rate(id_, rng.randint(1, 5)),
            lambda: account.recognise(id_, ["Алло", 'да "слушаю"', "пока\n"][: rng.randint(0, 3)]),
            self._begin,
            lambda: self._end(rng.choice(self._ongoing)) if self._ongoing else None,
        )
        rng.choice(changes)()

    def change_old(self) -> None:
        """What no sync sees: calls before the lookback change, come, and are removed."""
        rng, account = self.rng, self.account
        until = self._oldest()
        old = [id_ for id_ in account.truth_ids() if account.instant_of(id_) < until]
        for id_ in rng.sample(old, min(4, len(old))):
            rng.choice((account.remove, account.untag))(id_)
        account.add_call(until - timedelta(days=rng.uniform(1, 5)))

    def _oldest(self) -> datetime:
        return self.account.now() - LOOKBACK + _MARGIN

    def _moment(self) -> datetime:
        """A time within the lookback, so that a sync sees it."""
        return self._oldest() + self.rng.random() * (LOOKBACK - _MARGIN - timedelta(minutes=1))

    def _recent(self) -> list[int]:
        account, oldest = self.account, self._oldest()
        return [id_ for id_ in account.truth_ids() if account.instant_of(id_) >= oldest]

    def _begin(self) -> None:
        self._ongoing.append(self.account.add_call(self._moment(), ongoing=True))

    def _end(self, id_: int) -> None:
        self._ongoing.remove(id_)
        self.account.end_call(id_)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Calls change while the ``with`` block runs."""
        stop = threading.Event()

        def change() -> None:
            while not stop.wait(self.rng.uniform(0.0, 0.1)):
                self.change()

        thread = threading.Thread(target=change)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
