"""The customers of an agent, and their users."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def users() -> list[Row]:
    return [
        {
            "id": 101, "login": "client-one", "name": "Клиент один", "description": "",
            "customer_id": 11,
        },
        {
            "id": 102, "login": "client-two", "name": "Client two", "description": "",
            "customer_id": 12,
        },
    ]  # fmt: skip


def customers() -> list[Row]:
    return [_customer(11, "Клиент один"), _customer(12, "Client two")]


def _customer(id_: int, name: str) -> Row:
    is_second = id_ == 12
    return {
        "id": id_,
        "name": name,
        "description": None if is_second else "Мебель на заказ",
        "creation_date_time": f"2024-0{id_ - 10}-15 12:00:00",
        "status": "debt_lock" if is_second else "active",
        "status_change_date_time": "2025-05-01 00:00:00",
        "monthly_base_limit": None if is_second else 50_000,
        "monthly_base_notify_limit": 40_000,
        "monthly_base_notify_emails": ["money@example.ru"],
        "monthly_calls_limit": 10_000,
        "monthly_calls_notify_limit": None,
        "monthly_calls_notify_emails": [],
        "daily_calls_limit": 500,
        "daily_calls_notify_limit": 400,
        "daily_calls_notify_emails": [] if is_second else ["boss@example.ru", "ops@example.ru"],
        "sites": [] if is_second else [{"site_id": 9_100, "site_domain_name": "klient.example.ru"}],
        "tariff_plan_id": 5,
        "tariff_plan_name": "Базовый",
    }
