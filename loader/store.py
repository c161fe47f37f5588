"""The one door to the pyoxigraph store: write one, open one read-only, ask it, with errors translated.

What a query asks by default is the union of all named graphs. The engine's switch for that gives a triple of two graphs
twice, so a store in which there is such a triple holds the union as its default graph.
"""

from __future__ import annotations

import gzip
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    NamedNode,
    Quad,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from loader.errors import DamagedReleaseError, FactError, QueryCrashError, QuerySyntaxError, UnknownFunctionError
from loader.namespaces import BASE

Answer = QuerySolutions | QueryBoolean | QueryTriples

# The engine's files: tables are written once; the lock is a process's own, logs and options are for people to read.
_TABLE, _NEEDLESS = ".sst", ("LOCK", "LOG", "OPTIONS-")

_FUNCTION = re.compile(r"custom function <(.*)> is not supported", re.S)
_PLACE = re.compile(r"error at (\d+):(\d+):\s*(.*)", re.S)


def write(path: Path, quads: Iterable[Quad]) -> None:
    """Write `quads` into a new store on disk at `path`, flushed and compacted."""
    store = Store(str(path))
    store.bulk_extend(_with_union(quads))
    store.flush()
    store.optimize()
    del store
    _tidy(path)


def _with_union(quads: Iterable[Quad]) -> set[Quad]:
    """The quads that a store of `quads` holds: where graphs share a triple, the union in the default graph as well."""
    held = set(quads)
    union = {Quad(quad.subject, quad.predicate, quad.object) for quad in held}
    return held | union if len(union) < len(held) else held


def write_upon(path: Path, base: Path, quads: Iterable[Quad], most: float) -> bool:
    """Write `quads` into a new store at `path` that shares the files of the store at `base` and adds what differs.

    The files of `base` are linked, not copied, and stay as they are: its tables are never changed once written, and the
    few files that are get copied. False, with nothing at `path`, where that cannot be: another file system, a base that
    cannot be read, or a difference of more than the part `most` of the whole, which a store of its own holds better.
    """
    wanted = _with_union(quads)
    try:
        there = set(Store.read_only(str(base)))
        gone, come = there - wanted, wanted - there
        if len(gone) + len(come) > most * len(wanted):
            return False
        link_tables(base, path)
        store = Store(str(path))
        for quad in gone:
            store.remove(quad)
        store.bulk_extend(come)
        store.flush()
        del store
        Store(str(path)).flush()  # opened once more, it drops its journal of what was removed
        _tidy(path)
    except (OSError, ValueError, RuntimeError):
        shutil.rmtree(path, ignore_errors=True)
        return False
    return True


def link_tables(base: Path, path: Path) -> None:
    """Make at `path` a copy of the store at `base` that shares its tables. Raises OSError where none can be linked."""
    path.mkdir(parents=True)
    for file in sorted(base.iterdir()):
        if file.suffix == _TABLE:
            os.link(file, path / file.name)
        elif not file.name.startswith(_NEEDLESS):
            shutil.copyfile(file, path / file.name)


def _tidy(path: Path) -> None:
    """Remove what the engine writes for people: half of what a small difference takes."""
    for file in path.iterdir():
        if file.name.startswith(_NEEDLESS):
            file.unlink()


def in_memory(quads: Iterable[Quad]) -> Store:
    """A store in memory that holds `quads`."""
    store = Store()
    store.bulk_extend(quads)
    return store


def create(path: Path) -> Store:
    """A new store on disk at `path`."""
    return Store(str(path))


def read_file(held: Store, path: Path, graph: str | None = None, lenient: bool = False) -> None:
    """Load an RDF file (`.nt`, `.ttl`, `.nq`, `.trig`, `.rdf`, `.jsonld`, also with `.gz`) into a store.

    What stands in no graph of its own comes into `graph` (an IRI), or into the default graph. `lenient` skips checks of
    IRIs and language tags. Raises FactError with the line of what cannot be read; the store may hold what precedes it.
    """
    packed = path.suffix == ".gz"
    form = RdfFormat.from_extension((path.with_suffix("") if packed else path).suffix.lstrip("."))
    if form is None:
        raise FactError(path, None, "its name tells no format. Name it .nt, .ttl, .nq, .trig, .rdf or .jsonld.")
    place = NamedNode(graph) if graph else None
    try:
        if packed:
            with gzip.open(path) as source:
                held.bulk_load(input=cast(IO[bytes], source), format=form, to_graph=place, lenient=lenient)
        else:
            held.bulk_load(path=str(path), format=form, to_graph=place, lenient=lenient)
    except SyntaxError as error:
        sentence = f"this is not {form.name}: {error.msg}. Mend the line and try again."
        raise FactError(path, error.lineno, sentence) from error
    except (OSError, EOFError, zlib.error) as error:
        raise FactError(path, None, f"it cannot be read ({error}). Fetch or make the file again.") from error


def add_union(held: Store) -> None:
    """Copy every triple of the named graphs into the default graph: about 10 seconds for a million."""
    held.bulk_extend(Quad(quad.subject, quad.predicate, quad.object) for quad in quads(held))


def open_read_only(path: Path) -> Store:
    """The store of a release. Raises DamagedReleaseError where there is none that can be read."""
    if not path.is_dir():
        raise DamagedReleaseError(path.parent, f"its store {path.name}/ is missing")
    try:
        return Store.read_only(str(path))
    except (OSError, ValueError, RuntimeError) as error:
        raise DamagedReleaseError(path.parent, f"its store cannot be opened ({error})") from error


def dump(path: Path, output: IO[bytes]) -> None:
    """Write all quads of the store at `path` as N-Quads. Raises DamagedReleaseError."""
    open_read_only(path).dump(output, RdfFormat.N_QUADS)


def load(source: IO[bytes]) -> Store:
    """A store in memory that holds the N-Quads of `source`, which `dump` wrote."""
    store = Store()
    store.bulk_load(input=source, format=RdfFormat.N_QUADS, lenient=True)
    return store


def holds_union(store: Store) -> bool:
    """Whether the default graph of the store is the union of its graphs already."""
    return next(store.quads_for_pattern(None, None, None, DefaultGraph()), None) is not None


def quads(store: Store, graph: str | None = None) -> Iterator[Quad]:
    """The quads of one named graph (its IRI), or of all of them."""
    if graph is not None:
        return store.quads_for_pattern(None, None, None, NamedNode(graph))
    return (quad for quad in store if not isinstance(quad.graph_name, DefaultGraph))


def ask(
    store: Store,
    query: str,
    default_graphs: list[str] | None = None,
    named_graphs: list[str] | None = None,
    union: bool = True,
) -> Answer:
    """The engine's answer to one query, over the union of all graphs or over the graphs named.

    `union` must be False for a query with FROM clauses of its own, which the engine's switch for the union overrides,
    and where the store holds the union. Relative IRIs are below our own namespace, unless the query has a BASE.
    Raises QuerySyntaxError with line and column, UnknownFunctionError, QueryCrashError for what the engine cannot do.
    """
    fenced = default_graphs is not None or named_graphs is not None
    default: list[NamedNode | BlankNode | DefaultGraph] = [NamedNode(iri) for iri in default_graphs or []]
    named: list[NamedNode | BlankNode] = [NamedNode(iri) for iri in named_graphs or []]
    try:
        if fenced:
            return store.query(query, base_iri=BASE, default_graph=default, named_graphs=named)
        return store.query(query, base_iri=BASE, use_default_graph_as_union=union)
    except SyntaxError as error:
        raise _syntax_error(error) from error
    except (ValueError, RuntimeError) as error:
        function = _FUNCTION.search(str(error))
        raise UnknownFunctionError(function[1]) if function else QuerySyntaxError(str(error)) from error
    except OSError as error:
        raise QueryCrashError(str(error)) from error


def _syntax_error(error: SyntaxError) -> QuerySyntaxError:
    match = _PLACE.search(str(error.msg))
    if match:
        return QuerySyntaxError(match[3].strip(), int(match[1]), int(match[2]))
    return QuerySyntaxError(str(error.msg), error.lineno, error.offset)
