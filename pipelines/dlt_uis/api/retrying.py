"""A request is tried again after a failure that may pass by itself."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import tenacity

from ..errors import MinutePointsSpent, RetriableError, UisError

logger = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How often a request is tried, and the bounds (seconds) of the growing, random waits."""

    attempts: int = 8
    first_wait: float = 0.5
    longest_wait: float = 30.0


def persistently(
    attempt: Callable[[], T],
    policy: RetryPolicy,
    sleep: Callable[[float], None],
    *,
    level: int = logging.WARNING,
) -> T:
    """What an attempt comes to, one of several if need be. Want of points is no failure: it is for
    whoever sends the request to wait for them.

    Args:
        level: of the log line about an attempt that failed.

    Raises:
        RetriableError: it failed each time; that of the last attempt.
    """
    backoff = tenacity.wait_random_exponential(
        multiplier=policy.first_wait, max=policy.longest_wait
    )

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "retry_after", None) or 0.0
        return max(backoff(state), min(asked, 2 * policy.longest_wait))

    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception(
            lambda error: (
                isinstance(error, RetriableError) and not isinstance(error, MinutePointsSpent)
            )
        ),
        stop=tenacity.stop_after_attempt(policy.attempts),
        wait=wait,
        sleep=sleep,
        before_sleep=partial(_log_retry, level),
        reraise=True,
    )
    return retrying(attempt)


def _log_retry(level: int, state: tenacity.RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    wait = state.next_action.sleep if state.next_action else 0.0
    message = error.message if isinstance(error, UisError) else ""
    logger.log(
        level, "attempt %d failed, the next in %.1f s: %s", state.attempt_number, wait, message,
        extra={"attempt": state.attempt_number, "error": type(error).__name__},
    )  # fmt: skip
