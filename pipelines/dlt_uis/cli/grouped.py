"""Commands whose help lists options in groups."""

from __future__ import annotations

from collections.abc import Mapping

import click

GROUPS: Mapping[str, tuple[str, ...]] = {
    "What to read": (
        "start", "end", "reports", "start_date", "lookback_days", "page_size", "parallel_windows",
        "api_url", "adopt", "reference_data",
    ),
    "Where to load to": ("destination", "dataset", "pipeline_name"),
    "What is said of it": ("quiet", "log_format", "debug", "summary_file", "save_trace"),
}  # fmt: skip
"""Names of parameters by the heading that they stand under; what a command alone has comes first,
under a plain one."""


class GroupedCommand(click.Command):
    """A command whose help lists options in groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        grouped = {name: group for group, names in GROUPS.items() for name in names}
        rows: dict[str, list[tuple[str, str]]] = {"Options": [], **{name: [] for name in GROUPS}}
        # newer versions of click would list arguments, too
        options = (each for each in self.get_params(ctx) if isinstance(each, click.Option))
        for param in options:
            record = param.get_help_record(ctx)
            if record is not None:
                rows[grouped.get(param.name or "", "Options")].append(record)
        for group, records in rows.items():
            if records:
                with formatter.section(group):
                    formatter.write_dl(records)
