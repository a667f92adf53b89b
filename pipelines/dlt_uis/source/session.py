"""The connections of a run, and whose records they read: the reports of a source share them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from ..api.client import DataApi
from ..localtime.zones import Zone
from ..reading.page_size import PageSize
from ..warehouse.owners import Owner, Place
from ..warehouse.run import current_run, running
from .claiming import claim, current_place
from .connection import Connection
from .settings import Settings


@dataclass(frozen=True)
class Customer:
    """An account or customer that is read."""

    connection: Connection
    api: DataApi
    owner: Owner
    zone: Zone


@dataclass(frozen=True)
class Session:
    """What is open while reports are read: customers, where their records go, one governor of
    points for all."""

    customers: Sequence[Customer]
    place: Place | None
    page_size: PageSize

    @property
    def only(self) -> Customer:
        (customer,) = self.customers
        return customer

    @property
    def adoptions(self) -> int | None:
        """How often the tables were taken over by now, ``None`` if nothing is loaded."""
        return None if self.place is None else self.customers[0].owner.adoptions


def opened(stack: ExitStack, connections: Sequence[Connection], settings: Settings) -> Session:
    """Opens the connections, and claims the tables for whom they read.

    Args:
        stack: closes them in the end.

    Raises:
        AnotherAccount, CustomersRefused: see :func:`.claiming.settled`.
        UisError: see :meth:`DataApi.call`.
    """
    first = stack.enter_context(connections[0].open(settings))
    with running(governor=first.governor):
        apis = [first, *(stack.enter_context(each.open(settings)) for each in connections[1:])]
    place = current_place()
    owners = claim(connections, apis, settings, place)
    customers = [
        Customer(connection, api, owner, settings.zone(api))
        for connection, api, owner in zip(connections, apis, owners, strict=True)
    ]
    current_run().progress.in_zone(customers[0].zone.name)
    return Session(customers, place, PageSize(settings.page_size))
