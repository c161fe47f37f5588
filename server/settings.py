"""The settings of the server, each an environment variable with a default."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from loader.errors import SettingError


def _default_workers() -> int:
    """Twice the cores, so that short queries get a turn beside long ones; at least 4, at most 16."""
    return min(max(4, 2 * (os.cpu_count() or 1)), 16)


def _setting(variable: str, default: Any, least: float, unit: str, most: float | None = None) -> Any:
    metadata = {"variable": variable, "least": least, "most": most, "unit": unit}
    if callable(default):
        return field(default_factory=default, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Settings:
    """What the operator may change. Sizes are bytes, times are seconds.

    `deadline` is what a query gets unless it asks for more with `timeout=`, at most `max_deadline`; it counts
    from the moment a worker takes the query to the last byte that the worker writes, without the time in which a long
    query is stopped for others; with that, at most twice as long. `reserved` workers answer only the site's own pages.
    `queue` queries may wait for a worker, and as many long ones for their turn. `memory` is what one query may use
    beyond what its worker needs to start. A release that takes more than `store_memory` is opened on disk. `cache`
    bounds the answers that are kept. `address` is the URL by which the world reaches the site, where a proxy stands
    in front.
    """

    host: str = field(default="127.0.0.1", metadata={"variable": "HOST"})
    port: int = _setting("PORT", 8000, 0, "a port number", 65535)
    workers: int = _setting("SARCOGRAPH_WORKERS", _default_workers, 1, "a number of processes", 256)
    reserved: int = _setting("SARCOGRAPH_RESERVED_WORKERS", 2, 1, "a number of processes", 64)
    queue: int = _setting("SARCOGRAPH_QUEUE", 32, 0, "a number of queries", 1024)
    deadline: float = _setting("SARCOGRAPH_DEADLINE", 10.0, 0.05, "seconds")
    max_deadline: float = _setting("SARCOGRAPH_MAX_DEADLINE", 60.0, 0.05, "seconds")
    memory: int = _setting("SARCOGRAPH_QUERY_MEMORY", 2 << 30, 64 << 20, "bytes")
    max_body: int = _setting("SARCOGRAPH_MAX_BODY", 8 << 20, 1024, "bytes")
    max_query: int = _setting("SARCOGRAPH_MAX_QUERY", 2_000_000, 100, "characters")
    max_nesting: int = _setting("SARCOGRAPH_MAX_NESTING", 100, 1, "a number of levels", 1000)
    max_answer: int = _setting("SARCOGRAPH_MAX_ANSWER", 256 << 20, 64 << 10, "bytes")
    store_memory: int = _setting("SARCOGRAPH_STORE_MEMORY", 4 << 30, 0, "bytes")
    cache: int = _setting("SARCOGRAPH_CACHE", 64 << 20, 0, "bytes")
    connections: int = _setting("SARCOGRAPH_CONNECTIONS", 2000, 10, "a number of connections", 50_000)
    address: str = field(default="", metadata={"variable": "SARCOGRAPH_ADDRESS"})


def from_environment(environment: Mapping[str, str] | None = None, **given: object) -> Settings:
    """The settings of the environment; what is `given` (and not None) comes first. Raises SettingError."""
    variables = os.environ if environment is None else environment
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for each in fields(Settings):
        variable = each.metadata["variable"]
        text = variables.get(variable, "")
        if each.name not in values and text.strip():
            values[each.name] = (
                text.strip() if isinstance(each.default, str) else _number(variable, text.strip(), each.metadata)
            )
    settings = Settings(**values)
    if settings.max_deadline < settings.deadline:
        raise SettingError("SARCOGRAPH_MAX_DEADLINE", settings.max_deadline, f"at least {settings.deadline:g} seconds")
    return settings


def _number(variable: str, text: str, bounds: Mapping[str, Any]) -> float | int:
    least, most, unit = bounds["least"], bounds["most"], bounds["unit"]
    expected = f"{unit}, from {least:g} to {most:g}" if most is not None else f"{unit}, at least {least:g}"
    try:
        number = float(text) if unit == "seconds" else int(text)
    except ValueError as error:
        raise SettingError(variable, text, expected) from error
    if not least <= number or (most is not None and number > most) or number == float("inf"):
        raise SettingError(variable, text, expected)
    return number
