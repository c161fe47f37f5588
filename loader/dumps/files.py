"""Which files a dump is made of, and their bytes: from the same facts always the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode

from loader import store
from loader.context import Context
from loader.dumps import columns, csvw, graphs, parquet
from loader.dumps.content import ONTOLOGY, Content, placed
from loader.kinds import KINDS, Kind
from loader.void import LICENCE

GZIP = "application/gzip"


@dataclass(frozen=True)
class File:
    """A file: its name, its media type (without its packing, which the name tells), what is in it, its bytes."""

    name: str
    media_type: str
    about: str
    data: bytes


def files(held: Content) -> Iterator[File]:
    """The files of a dump, but those of the crate, which describe them."""
    context = Context.of(store.in_memory(placed(held.graph(ONTOLOGY), NamedNode(ONTOLOGY))))
    whole = "All graphs of the release but those that describe it"
    quads = graphs.packed(graphs.nquads(held))
    yield File("sarcograph.nq.gz", "application/n-quads", f"{whole}, as canonical N-Quads (RDFC-1.0)", quads)
    nodes = graphs.packed(graphs.json_ld(held, context))
    yield File("sarcograph.jsonld.gz", "application/ld+json", f"{whole}, as compact JSON-LD", nodes)
    for stem, about, text in graphs.turtle(held, LICENCE.value):
        yield File(f"{stem}.ttl", "text/turtle", f"Turtle: {about}", text.encode())
    for kind in KINDS.values():
        yield from _tables(held, kind)


def _tables(held: Content, kind: Kind) -> Iterator[File]:
    table = columns.table(held, kind)
    if not table.ids:
        return
    metadata = csvw.metadata(table, LICENCE.value)
    name, about = f"{kind.path}.csv", f"{kind.plural}, a row for each"
    yield File(name, "text/csv", f"CSV: {about}", csvw.text(table).encode())
    yield File(f"{name}-metadata.json", "application/csvm+json", f"The columns of {name}", metadata.encode())
    yield File(
        f"{kind.path}.parquet", "application/vnd.apache.parquet", f"Parquet: {about}", parquet.data(table, metadata)
    )
