"""The ways a query takes: straight to the engine, and through the guard, a worker process and the serializers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from answers import GRAPHS
from pools import RunningPool
from pyoxigraph import NamedNode, Quad, QueryBoolean, QuerySolutions, QueryTriples, Store

from loader import store
from server.settings import Settings

Graphs = Sequence[str] | None  # None: the query says itself which graphs it asks


class Server:
    """Workers on a release that holds given quads."""

    def __init__(self, folder: Path, quads: Iterable[Quad], on_disk: bool = False) -> None:
        store.write(folder / "store", quads)
        memory = {"store_memory": 0} if on_disk else {}
        self._pool = RunningPool(folder / "store", Settings(workers=2, reserved=1, **memory), triples=1)

    def ask(self, query: str, media_type: str, graphs: Graphs = None, named: Graphs = None) -> bytes:
        """The body of the answer, as `media_type` or, where that has no such form, the usual one.

        Raises what the guard or the worker refuses.
        """
        kind = "graph_media_type" if media_type in GRAPHS else "media_type"
        return self._pool.run(query, default_graphs=graphs, named_graphs=named, **{kind: media_type}).read()

    def close(self) -> None:
        """End the workers."""
        self._pool.close()


def ask_engine(
    held: Store, query: str, graphs: Graphs = None, named: Graphs = None
) -> QuerySolutions | QueryBoolean | QueryTriples:
    """What the engine itself says. Raises SyntaxError."""
    if graphs is None or named is None:
        return held.query(query)
    return held.query(query, default_graph=list(map(NamedNode, graphs)), named_graphs=list(map(NamedNode, named)))
