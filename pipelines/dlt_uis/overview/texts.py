"""The words of the overview, in English and in Russian.

The English text is written where it is used, and is the key of the Russian one here.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from ..localtime.zones import Zone

LANGUAGES = ("en", "ru")

THIN_SPACE = "\u202f"
"""Between the thousands of a number; no line breaks there."""

_MONTHS = {
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    "ru": ["янв", "фев", "мар", "апр", "мая", "июн", "июл", "авг", "сен", "окт", "ноя", "дек"],
}
_WEEKDAYS = {
    "en": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "ru": ["пн", "вт", "ср", "чт", "пт", "сб", "вс"],
}

_PLURALS: Mapping[str, tuple[str, str, str]] = {
    "call": ("звонок", "звонка", "звонков"),
    "day": ("день", "дня", "дней"),
    "gap": ("пробел", "пробела", "пробелов"),
    "load": ("загрузка", "загрузки", "загрузок"),
}
"""Nouns with 1, 2 and 5 of them."""


class Texts:
    """Texts, numbers and times in one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.months, self.weekdays = _MONTHS[language], _WEEKDAYS[language]
        self.decimal_mark = "," if language == "ru" else "."

    def __call__(self, english: str, **given: Any) -> str:
        """The text with what is ``given`` put in."""
        text = english if self.language == "en" else RUSSIAN[english]
        return text.format(**given) if given else text

    def counted(self, count: int, noun: str) -> str:
        """So many of something."""
        if self.language == "en":
            return f"{self.number(count)} {noun}" + ("" if count == 1 else "s")
        one, few, many = _PLURALS[noun]
        if count % 10 == 1 and count % 100 != 11:
            form = one
        else:
            is_few = 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14
            form = few if is_few else many
        return f"{self.number(count)} {form}"

    def number(self, value: float, digits: int = 0) -> str:
        """A number with thin spaces between its thousands."""
        text = f"{value:,.{digits}f}".replace(",", THIN_SPACE)
        return text.replace(".", self.decimal_mark)

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share (0 to 1) in percent; a dash for none."""
        return "–" if share is None else f"{self.number(100 * share, digits)}{THIN_SPACE}%"

    def day(self, day: date) -> str:
        """A day, such as 4 Mar 2026."""
        return f"{day.day} {self.months[day.month - 1]} {day.year}"

    def moment(self, moment: datetime, zone: Zone) -> str:
        """An instant as a local time."""
        local = zone.local(moment)
        return f"{self.day(local.date())}, {local:%H:%M}"

    def seconds(self, seconds: float | None) -> str:
        """A length of time, such as 1:05 h, 12:07 or 45 s; a dash for none."""
        if seconds is None:
            return "–"
        minutes, rest = divmod(round(seconds), 60)
        if not minutes:
            return self("{count} s", count=rest)
        hours, minutes = divmod(minutes, 60)
        if not hours:
            return f"{minutes}:{rest:02}"
        return self("{hours}:{minutes:02} h", hours=self.number(hours), minutes=minutes)


def usual_language() -> str:
    """The language that the user's locale names, English if that is none of ours."""
    named = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), None)
    return "ru" if (named or locale.getlocale()[0] or "").lower().startswith("ru") else "en"


RUSSIAN: Mapping[str, str] = {
    # -- the page -----------------------------------------------------------------------------
    "Calls in {place}": "Звонки: {place}",
    "Calls": "Звонки",
    "{place} · made on {made_at}. {zone}": "{place} · составлено {made_at}. {zone}",
    "The charts need JavaScript; the figures and tables do not.": (
        "Графикам нужен JavaScript, цифрам и таблицам — нет."
    ),
    "The charts need a browser of 2023 or later; the figures and tables do not.": (
        "Графикам нужен браузер не старше 2023 года, цифрам и таблицам — нет."
    ),
    "Days and times are those of {zone}.": "Дни и время — в поясе {zone}.",
    "Days and times are in {zone}, as the warehouse does not tell the account's zone yet: the next"
    " sync notes it, or name it with {option}.": (
        "Дни и время — в поясе {zone}: пояса аккаунта в хранилище ещё нет. Его запишет следующая"
        " выгрузка; можно указать и {option}."
    ),
    "The data in the warehouse": "Данные в хранилище",
    # -- the business -------------------------------------------------------------------------
    "7 days": "7 дней",
    "30 days": "30 дней",
    "90 days": "90 дней",
    "year": "год",
    "{first} – {last}": "{first} — {last}",
    "Incoming calls": "Входящие звонки",
    "Answered": "Отвечено",
    "Missed": "Пропущено",
    "Called back in {minutes} min": "Перезвонили за {minutes} мин",
    "Nobody called back": "Не перезвонил никто",
    "Median wait": "Ожидание, медиана",
    "Deals": "Сделки",
    "nothing before": "раньше данных нет",
    "{change} vs the {days} days before": "{change} к прошлым {days} дням",
    "{share} of missed": "{share} пропущенных",
    "{share} within 20 s": "{share} за 20 с",
    "nine of ten within {seconds}": "девять из десяти — до {seconds}",
    "{amount} in all": "на сумму {amount}",
    "Answered and missed calls": "Отвеченные и пропущенные звонки",
    "Incoming calls of each day.": "Входящие звонки по дням.",
    "Incoming calls of each week.": "Входящие звонки по неделям.",
    "answered": "отвечено",
    "missed": "пропущено",
    "When calls are missed": "Когда пропускают звонки",
    "Share of incoming calls that nobody answered: the darker, the more. Few calls are pale.": (
        "Доля входящих без ответа: чем темнее, тем больше. Где звонков мало — бледнее."
    ),
    "{share} missed": "{share} пропущено",
    "{missed} of {incoming} calls": "{missed} из {incoming} звонков",
    "What became of missed calls": "Что стало с пропущенными",
    "The next talk with the same number, within seven days.": (
        "Следующий разговор с тем же номером в течение семи дней."
    ),
    "called back within {minutes} min": "перезвонили за {minutes} мин",
    "called back later": "перезвонили позже",
    "called again, and was answered": "клиент дозвонился сам",
    "nobody called back": "не перезвонил никто",
    "How long callers wait": "Сколько ждут на линии",
    "Seconds, answered or not: half of the calls waited no longer, nine of ten no longer.": (
        "Секунды, с ответом и без: столько или меньше ждали в половине звонков и в девяти из"
        " десяти."
    ),
    "half of the calls": "половина звонков",
    "nine of ten": "девять из десяти",
    "seconds": "секунды",
    "Where calls come from": "Откуда звонят",
    "Campaigns with the most calls.": "Кампании, с которых больше всего звонков.",
    "campaign": "кампания",
    "none": "нет",
    "target": "целевые",
    "deals": "сделки",
    "revenue": "выручка",
    "Who answers": "Кто отвечает",
    "Incoming calls that came to an employee, and how many they picked up.": (
        "Входящие, поступившие сотруднику, и сколько из них он принял."
    ),
    "employee": "сотрудник",
    "offered": "поступило",
    "share": "доля",
    "talk": "разговоры",
    "There are no calls in the warehouse yet.": "Звонков в хранилище ещё нет.",
    "{count} s": "{count} с",
    "{hours}:{minutes:02} h": "{hours}:{minutes:02} ч",
    # -- what is loaded -----------------------------------------------------------------------
    "in {loads}": "{loads}",
    "First call": "Первый звонок",
    "Last call": "Последний звонок",
    "Days loaded": "Загружено дней",
    "{count} whole": "{count} целиком",
    "none partial": "частично — нет",
    "{count} partial": "{count} частично",
    "{count} not loaded": "{count} не загружено",
    "Gaps": "Пробелы",
    "listed below": "ниже списком",
    "Last load": "Последняя загрузка",
    "none yet": "пока нет",
    "Days verified": "Сверено дней",
    "{count} differ": "расходятся: {count}",
    "all equal": "все совпали",
    "What is loaded": "Что загружено",
    "Not known: the dataset has no table {table}, which says what was read.": (
        "Неизвестно: в наборе данных нет таблицы {table}, где записано прочитанное."
    ),
    "Nothing has been read yet.": "Пока ничего не прочитано.",
    "Each cell is a day. Point at one to see its calls, and when it was read and verified.": (
        "Клетка — день. Наведите на неё: сколько звонков, когда прочитано и сверено."
    ),
    "Calendar of the days that are loaded": "Календарь загруженных дней",
    "{days} whole, {rest}": "{days} целиком, {rest}",
    "{days}. No gaps: everything from the first to the last moment loaded was read.": (
        "{days}. Пробелов нет: от первого до последнего загруженного момента прочитано всё."
    ),
    "from": "с",
    "to": "по",
    "length": "длина",
    "to load it": "как загрузить",
    "day": "день",
    "source": "источник",
    "warehouse": "хранилище",
    "missing": "не хватает",
    "surplus": "лишних",
    "changed": "изменилось",
    "verified": "сверено",
    "to repair it": "как исправить",
    "Days that differ from the source": "Дни, которые расходятся с источником",
    "Surplus calls stay, unless {option} is added.": (
        "Лишние звонки остаются, если не добавить {option}."
    ),
    "Calls a day": "Звонки по дням",
    "Incoming and outgoing calls, and how many of them were lost.": (
        "Входящие и исходящие звонки и доля потерянных."
    ),
    "Incoming and outgoing calls.": "Входящие и исходящие звонки.",
    "Shaded: not loaded.": "Заштриховано: не загружено.",
    "Calls a day by direction": "Звонки по дням и направлениям",
    "Calls a day by direction, mean of each week": (
        "Звонки по дням и направлениям, среднее за неделю"
    ),
    "by week": "по неделям",
    "by day": "по дням",
    "Recordings": "Записи разговоров",
    "{count} stored": "сохранено {count}",
    "{count} pending": "ещё ждёт {count}",
    "none pending": "больше ничего не ждёт",
    ", from {when} on they will be gone": ", начнут исчезать {when}",
    "Other reports": "Другие отчёты",
    "What else is loaded from the API. Days are those of its records.": (
        "Что ещё загружено из API. Дни — по записям отчёта."
    ),
    "Each report": "По отчётам",
    "report": "отчёт",
    "rows": "строки",
    "gaps": "пробелы",
    "days that differ": "дни с расхождениями",
    "to do": "что сделать",
    "Loads": "Загрузки",
    "No load has left a record.": "Записей о загрузках нет.",
    "What each load was and brought, and how fast it was read.": (
        "Чем была каждая загрузка, что принесла и как быстро прочитана."
    ),
    "The latest {most} of {count}.": "Последние {most} из {count}.",
    "Calls and speed of each load": "Звонки и скорость каждой загрузки",
    "Latest loads": "Последние загрузки",
    "read at": "прочитано",
    "what": "что",
    "calls": "звонки",
    "windows": "окна",
    "requests": "запросы",
    "points": "баллы",
    "calls a second": "звонков в секунду",
    "… and {count} more.": "… и ещё {count}.",
    "h": "ч",
    "min": "мин",
    # -- states of days, kinds of loads -------------------------------------------------------
    "not loaded": "не загружен",
    "partly loaded": "загружен частично",
    "loaded": "загружен",
    "loaded and verified equal": "сверен и совпал",
    "verified and different": "сверен и расходится",
    "sync": "выгрузка",
    "backfill": "загрузка истории",
    "repair": "исправление",
    "backfill or repair": "загрузка истории или исправление",
    "not known": "неизвестно",
    # -- charts of loads ----------------------------------------------------------------------
    "incoming": "входящие",
    "outgoing": "исходящие",
    "unknown direction": "направление неизвестно",
    "lost": "потерянные",
    "lost, last 7 days": "потерянные, за 7 дней",
    "lost, % of calls": "потерянные, % звонков",
    "calls a day": "звонков в день",
    "calls a day, mean of a week": "звонков в день, среднее за неделю",
    "week around {day}": "неделя вокруг {day}",
    "1 month": "месяц",
    "3 months": "3 месяца",
    "1 year": "год",
    "all": "всё",
    "{count} calls in {seconds} s": "{count} звонков за {seconds} с",
    "{count} points": "{count} баллов",
    "load, by the time at which it was read": "загрузка, по времени чтения",
    "last read {moment}": "прочитан {moment}",
    "verified {moment} ({how})": "сверен {moment} ({how})",
    "all values": "все значения",
    "counts": "количество",
    "read again since it was verified": "после сверки прочитан ещё раз",
}
"""Russian texts by the English ones."""
