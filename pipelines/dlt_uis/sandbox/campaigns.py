"""The account's advertising: where callers come from, with which tags, and what comes of them."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Source:
    """A traffic source as calls name it; ``domain`` is that of the page before the site."""

    name: str
    group: str
    channel: str
    code: str
    domain: str | None = None
    engine: str | None = None

    def referrer(self, search: str) -> str | None:
        """The page before the site."""
        if self.engine is not None:
            return f"https://{self.domain}/search/?text={search}&lr=213"
        return self.domain and f"https://{self.domain}/"


SOURCES = (
    Source("Яндекс", "Реклама", "Контекстная реклама", "paid", "yandex.ru", "yandex"),
    Source("Google", "Поиск", "Органический поиск", "organic", "www.google.com", "google"),
    Source("Прямой заход", "Прямые заходы", "Прямой заход", "direct"),
    Source("VK", "Социальные сети", "Соцсети", "social", "vk.com"),
    Source("Google Ads", "Реклама", "Контекстная реклама", "paid", "www.google.com", "google"),
    Source("Медийная сеть", "Реклама", "Медийная реклама", "display", "news.example.net"),
    Source("Яндекс", "Поиск", "Органический поиск", "organic", "ya.ru", "yandex"),
    Source("Рассылка", "Рассылки", "Письма", "email"),
    Source("CPA-сеть", "Партнёры", "Партнёрские сети", "affiliate", "cpa.example.net"),
    Source("Офлайн", "Офлайн", "Офлайн-реклама", "offline"),
    Source("Статья в блоге", "Сайты", "Переходы по ссылкам", "referral", "blog.example.net"),
    Source("Telegram", "Мессенджеры", "Мессенджеры", "messenger", "t.me"),
    Source("Дзен", "Сайты", "Рекомендации", "recommendation", "dzen.ru"),
    Source("Сохранённая страница", "Сайты", "Сохранённые страницы", "cashed"),
    Source("Другая страница сайта", "Сайты", "Внутренние переходы", "internal"),
)

FIRST_SOURCE_ID = 10


@dataclass(frozen=True)
class Tags:
    """UTM tags of a campaign: of a source and a medium, one of several names."""

    source: str
    medium: str
    campaigns: tuple[str, ...]
    share: float
    """Of calls that bear them."""


@dataclass(frozen=True)
class Campaign:
    """A campaign, and what is special about its callers.

    ``share`` is that of callers, in 100; ``sources`` are places in ``SOURCES``, as often as they
    are met; ``lost`` says how much likelier than others its calls are lost; ``sales`` is the share
    of answered calls that lead to a deal. Calls ``from_site`` are made by visitors of a site.
    """

    name: str
    share: int
    sources: tuple[int, ...]
    tags: Tags | None
    lost: float
    sales: float
    from_site: bool = True


CAMPAIGNS = (
    Campaign(
        "Яндекс.Директ | Поиск", 22, (0, 0, 0, 0, 0, 6),
        Tags("yandex", "cpc", ("весна-поиск", "диваны-москва", "ретаргетинг", "конкуренты"), 0.95),
        lost=1.0, sales=0.12,
    ),
    Campaign(
        "Google Ads / Brand", 12, (4, 4, 4, 5, 1),
        Tags("google", "cpc", ("brand-exact", "brand-broad", "display 2%"), 0.9),
        lost=0.8, sales=0.25,
    ),
    Campaign(
        "ВКонтакте таргет", 9, (3, 3, 3, 11),
        Tags("vk", "social_cpc", ("весна-лента", "похожие-аудитории"), 0.95),
        lost=1.5, sales=0.05,
    ),
    Campaign(
        "Email-рассылка март", 7, (7,),
        Tags("newsletter", "email", ("март-скидки", "март-новинки"), 1.0),
        lost=0.6, sales=0.3,
    ),
    Campaign("Наружная реклама", 24, (9,), None, lost=1.2, sales=0.08, from_site=False),
    Campaign(
        "Посетители без рекламной кампании", 18, (1, 1, 6, 6, 2, 2, 2, 10, 12, 13, 14), None,
        lost=0.9, sales=0.15,
    ),
    Campaign(
        "CPA-сеть №7", 8, (8, 8, 8, 10),
        Tags("cpa7", "cpa", ("partner_101", "partner_102", "partner_207"), 0.9),
        lost=1.8, sales=0.04,
    ),
)  # fmt: skip

FIRST_CAMPAIGN_ID = 7_000

CALLERS = tuple(
    random.Random("campaigns").sample(
        [index for index, campaign in enumerate(CAMPAIGNS) for _ in range(campaign.share)], k=100
    )
)
"""The campaigns that a hundred callers in a row come from."""
