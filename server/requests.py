"""What a worker is asked: a query or several, the quads of a graph, or a document about an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from server.entity_statements import Wanted
from server.guard import Limits
from server.release_changes import Compared
from server.settings import Settings

SRJ = "application/sparql-results+json"
TURTLE = "text/turtle"


def limits(settings: Settings) -> Limits:
    """What the guard holds a query to."""
    return Limits(length=settings.max_query, nesting=settings.max_nesting)


def query(
    text: str,
    settings: Settings,
    *,
    solutions: str | None = SRJ,
    graph: str | None = TURTLE,
    asked: str = "",
    default_graphs: Sequence[str] | None = None,
    named_graphs: Sequence[str] | None = None,
    encoding: str = "identity",
    most: int | None = None,
    cells: int | None = None,
) -> dict[str, Any]:
    """Answer a query: SELECT and ASK as the media type `solutions`, CONSTRUCT and DESCRIBE as `graph`.

    Where the one that is needed is None, the answer is a NotAcceptableError that repeats what was `asked`. At most
    `most` rows or triples are given, and as many rows as hold `cells` values. Without graphs, the query's own dataset
    is asked.
    """
    return {
        "query": text,
        "solutions": solutions,
        "graph": graph,
        "asked": asked,
        "default_graphs": default_graphs,
        "named_graphs": named_graphs,
        "encoding": encoding,
        "most": most,
        "cells": cells,
        "limits": tuple(limits(settings)),
    }


def batch(texts: Sequence[str], settings: Settings, about: str | None = None) -> dict[str, Any]:
    """Answer several queries (SELECT or ASK), one after the other, as one JSON array of SPARQL JSON results.

    Each is held to what a single one is held to; all have one deadline. Where one fails, its error is the answer; where
    there is no entity `about` (its IRI), none is tried, and that is the answer: UnknownEntityError, WithdrawnError.
    """
    return {**query("", settings, graph=None), "batch": tuple(texts), "about": about}


def quads(graph: str | None, media_type: str, encoding: str = "identity") -> dict[str, Any]:
    """Write one named graph, or all of them, as TriG or N-Quads."""
    return {"quads": graph, "media_type": media_type, "encoding": encoding}


def entity(wanted: Wanted, media_type: str | None, encoding: str = "identity") -> dict[str, Any]:
    """Write a document about an entity; without a media type, only say whether there is such an entity.

    The answer is an UnknownEntityError where there is none, a WithdrawnError where there is none any more.
    """
    return {"entity": astuple(wanted), "media_type": media_type, "encoding": encoding}


def comparison(wanted: Compared, stores: tuple[str, str], encoding: str = "identity") -> dict[str, Any]:
    """Write a page of what changed between two releases. `stores` are the folders of their stores.

    The answer is an UnknownPageError where there are fewer pages.
    """
    return {"comparison": tuple(wanted), "stores": stores, "encoding": encoding}
