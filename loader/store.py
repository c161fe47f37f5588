"""The one door to the pyoxigraph store: write one, open one read-only, ask it, with errors translated.

A store's default graph is always the union of its named graphs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, Quad, QueryBoolean, QuerySolutions, QueryTriples, Store

from loader.errors import DamagedReleaseError, QueryCrashError, QuerySyntaxError

Answer = QuerySolutions | QueryBoolean | QueryTriples

_PLACE = re.compile(r"error at (\d+):(\d+):\s*(.*)", re.S)


def write(path: Path, quads: Iterable[Quad]) -> None:
    """Write `quads` into a new store on disk at `path`, flushed and compacted."""
    store = Store(str(path))
    store.bulk_extend(quads)
    store.flush()
    store.optimize()


def in_memory(quads: Iterable[Quad]) -> Store:
    """A store in memory that holds `quads`."""
    store = Store()
    store.bulk_extend(quads)
    return store


def open_read_only(path: Path) -> Store:
    """The store of a release. Raises DamagedReleaseError where there is none that can be read."""
    if not path.is_dir():
        raise DamagedReleaseError(path.parent, f"its store {path.name}/ is missing")
    try:
        return Store.read_only(str(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise DamagedReleaseError(path.parent, f"its store cannot be opened ({error})") from error


def ask(
    store: Store,
    query: str,
    default_graphs: list[str] | None = None,
    named_graphs: list[str] | None = None,
    union: bool = True,
) -> Answer:
    """The engine's answer to one query, over the union of all graphs or over the graphs named.

    `union` must be False for a query with FROM clauses of its own: the engine's switch for the union overrides them.
    Raises QuerySyntaxError with line and column, or QueryCrashError for what the engine cannot evaluate.
    """
    fenced = default_graphs is not None or named_graphs is not None
    default: list[NamedNode | BlankNode | DefaultGraph] = [NamedNode(iri) for iri in default_graphs or []]
    named: list[NamedNode | BlankNode] = [NamedNode(iri) for iri in named_graphs or []]
    try:
        if fenced:
            return store.query(query, default_graph=default, named_graphs=named)
        return store.query(query, use_default_graph_as_union=union)
    except SyntaxError as error:
        raise _syntax_error(error) from error
    except (ValueError, RuntimeError) as error:
        raise QuerySyntaxError(str(error)) from error
    except OSError as error:
        raise QueryCrashError(str(error)) from error


def _syntax_error(error: SyntaxError) -> QuerySyntaxError:
    match = _PLACE.search(str(error.msg))
    if match:
        return QuerySyntaxError(match[3].strip(), int(match[1]), int(match[2]))
    return QuerySyntaxError(str(error.msg), error.lineno, error.offset)
