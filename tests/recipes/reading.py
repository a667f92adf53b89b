"""What a recipe's run has asked the API for, and something new to ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from dlt_uis.sandbox import Sandbox


def one_more_call(sandbox: Sandbox) -> None:
    """A minute before the present a call begins; requests are counted from here on."""
    account = sandbox.account
    account.set_now(datetime.now(UTC).replace(microsecond=0))
    account.add_call(account.now() - timedelta(minutes=1))
    sandbox.stats.reset()


def first_day_read(sandbox: Sandbox) -> date:
    """The earliest day that calls were asked for."""
    return min(date.fromisoformat(asked.params["date_from"][:10]) for asked in sandbox.stats.log)
