"""No more requests are under way at once than there are places, and each gets its turn."""

from __future__ import annotations

import threading
import time

from dlt_uis.api.slots import Slots


def test_never_more_at_once_than_there_are_places() -> None:
    slots, lock = Slots(3), threading.Lock()
    now, most = 0, 0

    def send() -> None:
        nonlocal now, most
        for _ in range(50):
            slots.take()
            with slots.sending():
                with lock:
                    now += 1
                    most = max(most, now)
                time.sleep(0.0005)
                with lock:
                    now -= 1

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert most == 3
    assert not slots.are_taken


def test_who_waits_longest_is_next() -> None:
    slots, turns = Slots(1), []
    slots.take()

    def send(number: int) -> None:
        with slots.sending():
            turns.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=send, args=(number,)))
        threads[-1].start()
        while len(slots._queue) <= number:
            time.sleep(0.001)
    assert slots.are_taken
    slots.give_back()
    for thread in threads:
        thread.join(10)
    assert turns == list(range(5))


def test_waiting_is_from_when_a_request_was_sent() -> None:
    now = 100.0
    slots, me = Slots(1, clock=lambda: now), threading.get_ident()
    slots.take()
    now = 101.0
    assert slots.waiting(me) == 0
    with slots.sending():
        now = 103.5
        assert slots.waiting(me) == 2.5
    assert slots.waiting(me) == 0


def test_an_answer_is_likely_to_take_as_long_as_the_one_before() -> None:
    now = 100.0
    slots, me = Slots(1, clock=lambda: now), threading.get_ident()
    with slots.sending():
        now = 105.0
    slots.take()
    assert slots.likely_wait(me) == 0  # nothing was sent yet
    with slots.sending():
        assert slots.likely_wait(me) == 5
        now = 112.0
        assert slots.likely_wait(me) == 7


def test_a_thread_that_is_to_stop_waits_no_longer() -> None:
    slots, stop = Slots(1), threading.Event()
    slots.take()
    waiting = threading.Thread(target=lambda: slots.take(give_up=stop.is_set))
    waiting.start()
    stop.set()
    with slots.changed:
        slots.changed.notify_all()
    waiting.join(10)
    assert not waiting.is_alive()
    slots.give_back()
    assert not slots.are_taken
