"""What changed between two releases, found where their stores are: in a worker.

{"before": "2026-11-24.1", "after": "2026-11-25.1", "counts": {"created": 1, "changed": 2, "withdrawn": 0},
 "page": 1, "pages": 1, "entities": [
   {"id": "https:…/drug/x", "label": "x", "change": "changed",
    "added": [{"graph": "https:…", "subject": "https:…", "predicate": "https:…", "predicateLabel": "name",
               "object": {"type": "literal", "value": "X", "xml:lang": "en"}}],
    "removed": []}]}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Store, Triple, parse

from loader import changes
from loader.changes import Change, Kind, Statement
from loader.context import Context
from loader.errors import UnknownEntityError, UnknownPageError
from loader.hashing import Leaf, leaves
from loader.namespaces import BASE, RELEASE, expand
from loader.release import read_hashes
from loader.store import quads
from loader.terms import english, named
from server import wording
from server.serialization import write_triples

JSON = "application/json"
PAGE = 50  # entities on one page
_LABELS = (expand("skos:prefLabel"), expand("rdfs:label"))
_STRING = expand("xsd:string")


class Compared(NamedTuple):
    """What is to be compared: the folders of two releases, the one entity that is asked about (its IRI; None for all),
    the page, the media type."""

    before: str
    after: str
    entity: str | None
    page: int
    media_type: str

    @property
    def versions(self) -> tuple[str, str]:
        """The versions of the two."""
        return Path(self.before).name, Path(self.after).name


def compare(wanted: Compared, before: Store, after: Store, context: Context) -> tuple[bytes, int]:
    """One page of the changes, and how many pages there are. Raises UnknownPageError, UnknownEntityError."""
    then, now = _hashes(wanted.before, before), _hashes(wanted.after, after)
    kinds = changes.changed(then, now, _tombstoned(before), _tombstoned(after))
    if wanted.entity is not None:
        if not any(wanted.entity == entity for hashes in (then, now) for _, entity in hashes):
            raise UnknownEntityError(wanted.entity)
        kinds = {entity: kind for entity, kind in kinds.items() if entity == wanted.entity}
    pages = max(1, -(-len(kinds) // PAGE))
    if wanted.page > pages:
        raise UnknownPageError(wanted.page, pages)
    shown = dict(list(kinds.items())[(wanted.page - 1) * PAGE : wanted.page * PAGE])
    found = changes.between(shown, quads(before), quads(after)) if shown else []
    if wanted.media_type != JSON:
        return write_triples(_described(wanted, found), wanted.media_type, context), pages
    body = _body(wanted, kinds, pages, found, _Names(before, after))
    return json.dumps(body, ensure_ascii=False, indent=1).encode() + b"\n", pages


def _described(wanted: Compared, found: list[Change]) -> Iterator[Triple]:
    """The comparison as data: which releases it is of, then the changes, whose nodes are fragments of it."""
    this = NamedNode(f"{BASE}releases/{'...'.join(wanted.versions)}")
    yield Triple(this, named("rdfs:label"), english(f"what changed from release {' to '.join(wanted.versions)}"))
    for version in wanted.versions:
        yield Triple(this, named("prov:wasDerivedFrom"), NamedNode(RELEASE + version))
    for change in found:
        yield from changes.described(this.value, change)


def _body(
    wanted: Compared, kinds: Mapping[str, Kind], pages: int, found: list[Change], names: _Names
) -> dict[str, Any]:
    counts = Counter(kinds.values())
    return {
        "before": wanted.versions[0],
        "after": wanted.versions[1],
        "counts": {kind: counts[kind] for kind in ("created", "changed", "withdrawn")},
        "page": wanted.page,
        "pages": pages,
        "entities": [_entity(change, names) for change in found],
    }


def _tombstoned(store: Store) -> set[str]:
    return changes.tombstoned(store.quads_for_pattern(None, named("owl:deprecated"), None, None))


def _hashes(folder: str, store: Store) -> Mapping[Leaf, str]:
    """The hashes of a release's leaves, as its build wrote them; computed for one that was loaded without a build."""
    hashes = read_hashes(Path(folder))
    return leaves(quads(store)) if hashes is None else {leaf: held.digest for leaf, held in hashes.items()}


class _Names:
    """The names of entities and properties: in the later release, else in the earlier."""

    def __init__(self, before: Store, after: Store) -> None:
        self._stores = after, before
        self._known: dict[str, str] = {}

    def of(self, iri: str) -> str:
        if iri not in self._known:
            self._known[iri] = next(self._labels(iri), "")
        return self._known[iri]

    def _labels(self, iri: str) -> Iterator[str]:
        node = NamedNode(iri)
        for store in self._stores:
            for label in _LABELS:
                for quad in store.quads_for_pattern(node, NamedNode(label), None, None):
                    if isinstance(quad.object, Literal) and (quad.object.language or "en") == "en":
                        yield quad.object.value


def _entity(change: Change, names: _Names) -> dict[str, Any]:
    return {
        "id": change.entity,
        "label": names.of(change.entity),
        "change": change.kind,
        "added": [_statement(each, names) for each in change.added],
        "removed": [_statement(each, names) for each in change.removed],
    }


def _statement(statement: Statement, names: _Names) -> dict[str, Any]:
    (quad,) = parse(statement.triple, RdfFormat.N_TRIPLES)
    found: dict[str, Any] = {
        "graph": statement.graph,
        "subject": _name(quad.subject),
        "predicate": quad.predicate.value,
        "predicateLabel": names.of(quad.predicate.value) or wording.term(quad.predicate.value),
        "object": _term(quad.object),
    }
    label = names.of(quad.object.value) if isinstance(quad.object, NamedNode) else ""
    return {**found, "objectLabel": label} if label else found


def _name(node: object) -> str:
    return node.value if isinstance(node, NamedNode) else str(node)


def _term(term: NamedNode | BlankNode | Literal | Triple) -> dict[str, str]:
    """A term as SPARQL's JSON has it."""
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        return {"type": "triple", "value": str(term)}
    if term.language:
        return {"type": "literal", "value": term.value, "xml:lang": term.language}
    datatype = term.datatype.value
    return {"type": "literal", "value": term.value, **({} if datatype == _STRING else {"datatype": datatype})}
