"""Word of a run to Slack, at the address that dlt's configuration names.

dlt 1.31 reads ``runtime.slack_incoming_hook`` but sends nothing by itself, so the commands do.
"""

from __future__ import annotations

import logging
import threading

import requests
from dlt.common.runtime.run_context import active

from ..errors import Interrupted, UisError
from ..progress import duration
from ..secrecy.scrubbing import scrubbed
from .run_summary import RunSummary

logger = logging.getLogger(__name__)

_TIMEOUT, _MOMENT = 10.0, 0.3


def notify(summary: RunSummary) -> None:
    """Sends one message where a hook is configured; a failure to do so is a warning."""
    hook = active().runtime_config.slack_incoming_hook
    if not hook:
        return
    if not isinstance(summary.error, Interrupted):
        _post(hook, summary)
        return
    # the process is to end at once, whether Slack answers or not
    telling = threading.Thread(target=_post, args=(hook, summary), daemon=True)
    telling.start()
    telling.join(_MOMENT)


def _post(hook: str, summary: RunSummary) -> None:
    try:
        requests.post(
            hook, json={"text": scrubbed(_text(summary))}, timeout=_TIMEOUT
        ).raise_for_status()
    except requests.RequestException as error:
        # its words would repeat the address, which is a secret
        logger.warning("Slack was not told: %s", type(error).__name__)


def _text(summary: RunSummary) -> str:
    run = f"dlt-uis {summary.command} (pipeline {summary.pipeline})"
    took = duration(summary.duration.total_seconds())
    if summary.is_success:
        changed = f" ({summary.changes})" if str(summary.changes) else ""
        what = "recordings" if summary.command == "recordings" else "calls"
        return f"{run} succeeded in {took}: {summary.rows.get(what, 0):,} {what}{changed}"
    why = summary.error if isinstance(summary.error, UisError | Interrupted) else "see its log"
    return f"{run} failed after {took} with exit code {summary.exit_code}: {why}"
