"""What a worker refuses, as JSON on its way to the server: the error's class and the facts that it is made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loader.errors import (
    DamagedReleaseError,
    NotAcceptableError,
    QueryCrashError,
    QueryForbiddenError,
    QueryLimitError,
    QuerySyntaxError,
    RequestError,
    SarcographError,
    UnknownEntityError,
    UnknownFunctionError,
    UnknownPageError,
    WithdrawnError,
)

_FACTS: dict[type[SarcographError], tuple[str, ...]] = {
    DamagedReleaseError: ("path", "detail"),
    QuerySyntaxError: ("detail", "line", "column"),
    QueryForbiddenError: ("keyword", "line", "column"),
    QueryLimitError: ("what", "found", "limit"),
    QueryCrashError: ("detail",),
    UnknownFunctionError: ("function",),
    NotAcceptableError: ("form", "asked", "offers"),
    UnknownEntityError: ("iri",),
    WithdrawnError: ("iri", "reason", "replacements", "release"),
    UnknownPageError: ("page", "pages"),
    RequestError: ("sentence",),
}
_BY_NAME = {each.__name__: each for each in _FACTS}
REFUSALS = tuple(_FACTS)


def as_json(error: SarcographError) -> dict[str, Any]:
    """The facts of one of REFUSALS: {"error": "QuerySyntaxError", "facts": ["…", 1, 7]}."""
    return {"error": type(error).__name__, "facts": [getattr(error, name) for name in _FACTS[type(error)]]}


def from_json(said: Mapping[str, Any]) -> SarcographError:
    """The error that the facts make; a crash where they make none."""
    try:
        return _BY_NAME[said["error"]](*said["facts"])
    except (KeyError, TypeError):
        return QueryCrashError("its worker did not keep to the form of an answer")
