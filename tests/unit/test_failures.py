"""What a database complains of is understood by its code, whatever language its server speaks."""

from __future__ import annotations

import psycopg2
import pytest
from dlt.destinations.exceptions import DatabaseTransientException

from dlt_uis.errors import (
    DestinationFailed,
    DestinationForbids,
    DestinationMisconfigured,
    DestinationUnreachable,
    ViewsDepend,
)
from dlt_uis.warehouse.failures import our_error

_PLACE = 'connection to server at "127.0.0.1", port 5432 failed: '


class Failure(Exception):
    """An error with a code, which only the driver can give it."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self._code = code

    @property
    def pgcode(self) -> str:
        return self._code


@pytest.mark.parametrize(
    ("code", "words", "kind"),
    [
        ("42501", "нет доступа к схеме uis_data", DestinationForbids),
        ("28P01", "пользователь не прошёл проверку подлинности", DestinationMisconfigured),
        ("3D000", 'база данных "w" не существует', DestinationMisconfigured),
        ("57P01", "закрытие подключения по команде администратора", DestinationUnreachable),
        ("53300", "извините, уже слишком много клиентов", DestinationUnreachable),
        ("08006", "соединение разорвано", DestinationUnreachable),
        ("2BP01", "удалить таблицу uis_data.tags нельзя: от неё зависит v", ViewsDepend),
        ("22P02", "неверный синтаксис для типа integer", DestinationFailed),
    ],
)
def test_a_code_tells_what_is_wrong(code: str, words: str, kind: type[Exception]) -> None:
    try:
        try:
            raise Failure(code, words)
        except Failure as error:
            raise DatabaseTransientException(error) from error
    except DatabaseTransientException as error:
        found = our_error(error, "postgres")
    assert type(found) is kind
    assert words in str(found)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (
            'ВАЖНО:  пользователь "u" не прошёл проверку подлинности (по паролю)',
            DestinationMisconfigured,
        ),
        ('FATAL:  password authentication failed for user "u"', DestinationMisconfigured),
        ("FATAL:  the database system is starting up", DestinationUnreachable),
        ("В соединении отказано", DestinationUnreachable),
        ("Connection refused", DestinationUnreachable),
    ],
)
def test_who_can_not_connect_is_told_whether_there_is_a_server(
    words: str, kind: type[Exception]
) -> None:
    assert type(our_error(psycopg2.OperationalError(_PLACE + words), "postgres")) is kind
