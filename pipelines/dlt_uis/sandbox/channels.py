"""The channels that chats come through: one of each type."""

from __future__ import annotations

FIRST_CHANNEL_ID = 500

_NAMES = {
    "comagic": "Чат на сайте",
    "telegram": "Telegram-бот",
    "whatsapp": "WhatsApp отдела продаж",
    "email": "Почта info@",
}


def channel_name(type_: str) -> str:
    return _NAMES.get(type_, f"Канал {type_}")
