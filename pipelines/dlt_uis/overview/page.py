"""The overview as one HTML file that needs no network: figures, charts, tables.

The page's look, and the script that draws the charts, are in ``page.html``; plotly's script is
embedded once, compressed. What was found out is written without secrets.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from gzip import compress
from html import escape
from importlib.resources import files
from string import Template

from ..errors import MissingExtra
from ..secrecy.scrubbing import scrubbed
from .business_part import BusinessPart
from .data_part import DataPart
from .look import Chart
from .questions import Facts
from .texts import THIN_SPACE, Texts


def page_of(
    facts: Facts, place: str, made_at: datetime, options: str = "", language: str = "en"
) -> str:
    """The whole file about the warehouse that ``place`` names.

    ``options`` lead a command of ours to that warehouse.

    Raises:
        MissingExtra: plotly is not installed.
    """
    plotly = _plotly()
    t = Texts(language)
    data = DataPart(facts, options, t)
    business = BusinessPart(facts.business, t) if facts.business else None
    texts = {
        **_frame(facts, place, made_at, t),
        "switch": business.switch() if business else "",
        "business": business.html() if business else "",
        "tiles": "\n".join(data.tiles()),
        "sections": "\n".join((data.coverage(), data.calls(), data.others(), data.loads())),
        "charts": _json({**(business.charts if business else {}), **data.charts}),
    }
    template = Template(files(__package__).joinpath("page.html").read_text("utf-8"))
    # a short secret may well be in two million letters by chance: the script has none, and stays
    return template.substitute(
        {name: scrubbed(text) for name, text in texts.items()}, plotly=plotly
    )


def _frame(facts: Facts, place: str, made_at: datetime, t: Texts) -> Mapping[str, str]:
    """What stands around the parts."""
    moment = t.moment(made_at, facts.zone)
    return {
        "language": t.language,
        "locale": _json(_locale(t)),
        "title": t("Calls in {place}", place=escape(place)),
        "heading": t("Calls"),
        "about": t("{place} · made on {made_at}. {zone}", place=escape(place), made_at=moment,
                   zone=_zone(facts, t)),
        "no_script": t("The charts need JavaScript; the figures and tables do not."),
        "too_old": t("The charts need a browser of 2023 or later; the figures and tables do not."),
        "data_heading": t("The data in the warehouse"),
    }  # fmt: skip


def _zone(facts: Facts, t: Texts) -> str:
    """The zone of the page's days, in words."""
    name = escape(facts.zone.name)
    if facts.is_zone_known:
        return t("Days and times are those of {zone}.", zone=name)
    return t("Days and times are in {zone}, as the warehouse does not tell the account's zone yet:"
             " the next sync notes it, or name it with {option}.", zone=name,
             option="<code>--timezone</code>")  # fmt: skip


def _locale(t: Texts) -> Mapping[str, object]:
    """How plotly is to write days and numbers."""
    days = [*t.weekdays[-1:], *t.weekdays[:-1]]
    return {
        "moduleType": "locale",
        "name": t.language,
        "dictionary": {},
        "format": {
            "days": days, "shortDays": days, "months": t.months, "shortMonths": t.months,
            "decimal": t.decimal_mark, "thousands": THIN_SPACE,
        },
    }  # fmt: skip


def _plotly() -> str:
    """The script, in gzip and base64: less than half as long."""
    try:
        from plotly.offline import get_plotlyjs  # noqa: PLC0415 - an optional package
    except ImportError:
        raise MissingExtra("overview", "the command") from None
    return b64encode(compress(get_plotlyjs().encode(), compresslevel=6, mtime=0)).decode()


def _json(value: Mapping[str, Chart] | Mapping[str, object]) -> str:
    """JSON that can stand in a script element: nothing in it ends that."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
