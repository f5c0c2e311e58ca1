"""Queries that are put together once and asked many times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet

Value = UUID | str
MAX_CACHED_LENGTHS = 64  # of a list of keys: each number of values is a statement of its own


class CompiledQuery:
    """The rows of a `values_list` queryset, for the few questions that every request asks.

    Django puts a query together anew each time it is asked, which takes several times as long as the database takes to
    answer one by key. `build` gets a stand-in for each value and gives it to a plain look-up, as it is. All else of the
    queryset is as it was at the first use, so nothing in it may depend on the day or on who asks.
    """

    def __init__(self, build: Callable[..., QuerySet]) -> None:
        self._build = build
        self._statement = lru_cache(maxsize=MAX_CACHED_LENGTHS)(self._compile)

    def __call__(self, *values: Value) -> list[tuple]:
        connection = connections[DEFAULT_DB_ALIAS]
        statement = self._statement(connection.vendor, tuple(map(type, values)))
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.filled(values))
            return [statement.converted(row, connection) for row in cursor.fetchall()]

    def one(self, *values: Value) -> tuple | None:
        return next(iter(self(*values)), None)

    def _compile(self, vendor: str, types: Sequence[type]) -> _Statement:
        stand_ins = [uuid4() if each is UUID else str(uuid4()) for each in types]
        queryset = self._build(*stand_ins)
        if hasattr(queryset, "require_tenant_filter"):
            queryset.require_tenant_filter()
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        places = {_spelled(each): at for at, each in enumerate(stand_ins)}
        slots = [_Slot(places.get(_spelled(param)), param) for param in params]
        if set(places.values()) - {slot.at for slot in slots}:
            raise ValueError("A value of a prepared query was changed on its way to the database, or not used.")
        converters = compiler.get_converters([selected for selected, *_ in compiler.select])
        return _Statement(sql, slots, [(at, *converter) for at, converter in converters.items()])


class _Slot(NamedTuple):
    at: int | None  # which of the values stands here; None for what is fixed
    fixed: Any


class _Statement(NamedTuple):
    sql: str
    slots: list[_Slot]
    converters: list[tuple[int, list[Callable], Any]]

    def filled(self, values: Sequence[Value]) -> list[Any]:
        return [fixed if at is None else _alike(values[at], fixed) for at, fixed in self.slots]

    def converted(self, row: Sequence[Any], connection: Any) -> tuple:
        changed = list(row)
        for at, converters, expression in self.converters:
            for convert in converters:
                changed[at] = convert(changed[at], expression, connection)
        return tuple(changed)


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """All of them, as a prepared query names them."""
    return [f"{prefix}{field.attname}" for field in model._meta.concrete_fields]


def instance_of(model: type[Model], values: Iterator[Any]) -> Any:
    """Made of the next of these values, which come in the order of `columns_of`."""
    names = [field.attname for field in model._meta.concrete_fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, [next(values) for _ in names])


def _alike(value: Value, placeholder: Any) -> Value:
    """A UUID in the form in which this database was given the stand-in."""
    return value.hex if isinstance(value, UUID) and isinstance(placeholder, str) else value


def _spelled(value: Any) -> str:
    return str(value).replace("-", "")
