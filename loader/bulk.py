"""A release straight from RDF files, unvalidated: for sources that are too large for the gate.

The engine reads the files itself, so that loading takes hardly longer than its own bulk load. The store holds what the
files hold and nothing else: no description, no history, no examples. The manifest's `validation` is null.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import file_digest, sha256
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from pyoxigraph import Literal, QuerySolutions, Store

from loader import release, store
from loader.errors import FactError
from loader.namespaces import BASE, compress, expand, localized
from loader.release import Draft, Release

_QUERIES = Path(__file__).with_name("queries")


def load(files: Sequence[Path], home: Path, graph: str | None = None, lenient: bool = False) -> Release:
    """Make a release of RDF files and publish it as the current one.

    Triples that stand in no graph come into `graph` (an IRI), or into the default graph. The default graph becomes the
    union of all graphs where queries could not see that otherwise: where named graphs share a triple or stand beside
    a default graph that holds some. `lenient` skips the checks of IRIs and language tags: for files that a serializer
    wrote. Raises FactError where a file cannot be read, and publishes nothing then. A million triples take 6 seconds.
    """
    now = datetime.now(UTC).replace(microsecond=0)
    version = release.next_version(home, now.date())
    with Draft(home, version) as draft, ThreadPoolExecutor(1) as beside:
        digests = beside.map(_digest, files)  # a second core hashes while the engine loads
        held = store.create(draft.path / "store")
        for path in files:
            store.read_file(held, path, graph, lenient)
        figures = _complete(held)
        held.flush()
        del held
        sources = [{"name": path.name, "sha256": digest} for path, digest in zip(files, digests, strict=True)]
        manifest = {
            "version": version,
            "namespace": BASE,
            "created": now.isoformat().replace("+00:00", "Z"),
            "content_hash": _content_hash(sources, graph),
            "code_version": package_version("sarcograph"),
            **figures,
            "sources": sources,
            "validation": None,
        }
        return draft.publish(manifest)


def _digest(path: Path) -> str:
    """The SHA-256 (hex) of a file as it is."""
    try:
        with path.open("rb") as source:
            return file_digest(source, "sha256").hexdigest()
    except OSError as error:
        raise FactError(path, None, f"it cannot be read ({error.strerror}). Fetch or make the file again.") from error


def _content_hash(sources: Sequence[dict[str, str]], graph: str | None) -> str:
    """A hash of the files' bytes and the graph they went to: not that of the triples, which a validated build gives."""
    return sha256("\n".join([graph or "", *(source["sha256"] for source in sources)]).encode()).hexdigest()


def _complete(held: Store) -> dict[str, Any]:
    """See to it that the default graph is the union of all graphs; return the manifest's figures."""
    triples, loose = len(held), store.holds_union(held)
    graphs = _counted(held, "graphs") if next(held.named_graphs(), None) else {}
    whole = triples
    if graphs and (loose or (len(graphs) > 1 and bool(store.ask(held, _text("shared-triple"), union=False)))):
        store.add_union(held)
        whole = len(held) - sum(graphs.values())
    ours = (expand("sg:"), expand("skos:Concept"))
    classes = {iri: count for iri, count in _counted(held, "classes").items() if iri.startswith(ours)}
    counts = {compress(iri) or iri: count for iri, count in classes.items()}
    return {"triples": triples, "default_graph": whole, "graphs": dict(sorted(graphs.items())), "counts": counts}


def _counted(held: Store, query: str) -> dict[str, int]:
    """The answer to a query of two columns, a name and a number."""
    answer = store.ask(held, _text(query), union=True)
    assert isinstance(answer, QuerySolutions)
    rows = ((row[0], row[1]) for row in answer)
    return {getattr(name, "value", ""): int(count.value) for name, count in rows if isinstance(count, Literal)}


def _text(query: str) -> str:
    return localized((_QUERIES / f"{query}.rq").read_text(encoding="utf-8"))
