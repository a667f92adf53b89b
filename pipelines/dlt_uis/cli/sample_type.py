"""What ``dlt-uis verify --sample`` takes."""

from __future__ import annotations

from typing import Any

import click


class SampleType(click.ParamType[int | str]):
    """``all``, ``none``, or a number of days."""

    name = "all|none|DAYS"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value in ("all", "none"):
            return str(value)
        if not str(value).isdecimal():
            self.fail("all, none, or a number of days", param, ctx)
        return int(value)
