"""The picture for the README: a bar for each contender that makes the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from string import Template

from .results import Outcome, Standing

_WIDTH, _NAMES, _FIGURES = 880, 310, 150
_TOP, _BAR, _STEP = 70, 20, 32

_PICTURE = Template("""\
<svg xmlns="http://www.w3.org/2000/svg" width="$width" height="$height"
     viewBox="0 0 $width $height" role="img" aria-label="$title">
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .ground { fill: #ffffff }
  .title { font-size: 16px; font-weight: 600 }
  .soft { fill: #59636e }
  .ours { fill: #0969da }
  .other { fill: #aeb6bf }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .ground { fill: #0d1117 }
    .soft { fill: #9198a1 }
    .ours { fill: #4493f8 }
    .other { fill: #545d68 }
  }
</style>
<rect class="ground" width="100%" height="100%" rx="6"/>
<text class="title" x="16" y="28">$title</text>
<text class="soft" x="16" y="50">$subtitle</text>
$bars
<text class="soft" x="16" y="$note">DuckDB alone reads the answers from files, without HTTP or a \
merge.</text>
<text class="soft" x="16" y="$foot">$machine</text>
</svg>
""")

_LINE = Template("""\
<text x="$names" y="$base" text-anchor="end">$name</text>
<rect class="$kind" x="$left" y="$top" width="$length" height="$bar" rx="2"/>
<text x="$right" y="$base">$figures</text>""")


def picture(outcome: Outcome) -> str:
    """An SVG that can be read on light and on dark ground; the fastest stands first."""
    shown = sorted(
        (each for each in outcome.standings if each.ratio is not None),
        key=lambda each: each.seconds,
    )
    facts = outcome.facts
    versions = ", ".join(f"{name} {facts[name]}" for name in ("dlt", "duckdb", "pyarrow"))
    note = _TOP + _STEP * len(shown) + 16
    return _PICTURE.substitute(
        width=_WIDTH,
        height=note + 40,
        note=note,
        foot=note + 22,
        title=f"{outcome.calls:,} calls into a warehouse: seconds, less is better",
        subtitle=escape(
            f"All fields, eleven tables, {outcome.json_mb:,.0f} MB of JSON."
            f" Whole processes, median of {outcome.runs}; peak memory."
        ),
        bars="\n".join(_bars(shown)),
        machine=escape(f"{facts['machine']}, {versions}, {facts['date']}"),
    )


def _bars(shown: list[Standing]) -> Iterator[str]:
    room = _WIDTH - _NAMES - _FIGURES
    longest = max((each.seconds for each in shown), default=1.0)
    for number, each in enumerate(shown):
        top, length = _TOP + _STEP * number, max(1.0, room * each.seconds / longest)
        left = _NAMES + 10
        yield _LINE.substitute(
            names=_NAMES,
            name=escape(each.result.name),
            kind="ours" if each.result.key in ("a", "e") else "other",
            left=left,
            top=top,
            length=f"{length:.1f}",
            bar=_BAR,
            base=top + 15,
            right=f"{left + length + 8:.1f}",
            figures=f"{each.seconds:,.1f} s, {each.result.peak_mb:,.0f} MB",
        )
