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
            with slots.slot().sending():
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
    first = slots.slot()
    first.take()

    def send(number: int) -> None:
        with slots.slot().sending():
            turns.append(number)

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=send, args=(number,)))
        threads[-1].start()
        while len(slots._queue) <= number:
            time.sleep(0.001)
    assert slots.are_taken
    slots.give_back(first)
    for thread in threads:
        thread.join(10)
    assert turns == list(range(5))


def test_waiting_is_from_when_a_request_was_sent() -> None:
    now = 100.0
    slot = Slots(1, clock=lambda: now).slot()
    slot.take()
    now = 101.0
    assert slot.likely_wait == 0
    with slot.sending():
        now = 103.5
        assert slot.likely_wait == 2.5
    assert slot.likely_wait == 0


def test_an_answer_is_likely_to_take_as_long_as_the_one_before() -> None:
    now = 100.0
    slots = Slots(1, clock=lambda: now)
    with slots.slot().sending():
        now = 105.0
    slot = slots.slot()
    slot.take()
    assert slot.likely_wait == 0  # nothing was sent yet
    with slot.sending():
        assert slot.likely_wait == 5
        now = 112.0
        assert slot.likely_wait == 7


def test_a_slot_is_taken_and_given_back_once() -> None:
    """An answer sets it free, and what is around it finds it free."""
    slots = Slots(1)
    slot = slots.slot()
    slot.take()
    with slot.held():
        for _ in range(2):
            with slot.held(), slot.sending():
                assert slots.are_taken
            assert not slots.are_taken
    slot.take()
    assert slot.is_held
    assert slots.are_taken


def test_a_thread_that_is_to_stop_waits_no_longer() -> None:
    slots, stop = Slots(1), threading.Event()
    first, second = slots.slot(), slots.slot()
    first.take()
    waiting = threading.Thread(target=lambda: second.take(give_up=stop.is_set))
    waiting.start()
    stop.set()
    with slots.changed:
        slots.changed.notify_all()
    waiting.join(10)
    assert not waiting.is_alive()
    assert not second.is_held
    slots.give_back(first)
    assert not slots.are_taken
