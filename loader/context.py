"""The context of JSON-LD: the ontology's classes and properties by their local names, and the project's prefixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, QuerySolutions, Store, Triple

from loader.namespaces import compress, expand, localized, prefixes
from loader.store import ask

_QUERY = Path(__file__).with_name("queries") / "context.rq"
KEYWORDS = {"id": "@id", "type": "@type"}
LINK = "@id"
TYPE = expand("rdf:type")
NATIVE = STRING, INTEGER, BOOLEAN = expand("xsd:string"), expand("xsd:integer"), expand("xsd:boolean")


def query() -> str:
    """The query for the terms of an ontology: `term`, whether it is `linking`, its `datatype` if it has one."""
    return localized(_QUERY.read_text(encoding="utf-8"))


@lru_cache(4096)
def short(iri: str) -> str | None:
    """The CURIE of an IRI, or None."""
    return compress(iri) if iri.startswith(_namespaces()) else None


@cache
def _namespaces() -> tuple[str, ...]:
    return tuple(prefixes().values())


@dataclass(frozen=True)
class Term:
    """A short name for an IRI. `coercion` says what a bare string as its value is: None a string, `@id` an IRI, an
    IRI a literal of that datatype."""

    name: str
    iri: str
    coercion: str | None = None

    def definition(self) -> str | dict[str, str]:
        """The term as a context says it."""
        iri = _curie(self.iri)
        if self.coercion is None:
            return iri
        return {"@id": iri, "@type": self.coercion if self.coercion == LINK else _curie(self.coercion)}


class Context:
    """The ontology's classes and properties by their local names, and the project's prefixes.

    A local name that is a prefix as well (`unit`) is no term: the property is written as a CURIE, `sg:unit`.
    """

    def __init__(self, terms: Iterable[Term] = ()) -> None:
        taken = {*prefixes(), *KEYWORDS}
        self.terms: Mapping[str, Term] = {term.iri: term for term in terms if term.name not in taken}

    @classmethod
    def from_rows(cls, rows: QuerySolutions) -> Context:
        """The context of what queries/context.rq finds: `term`, whether it is `linking`, and its `datatype` if any."""
        return cls(Term(_local(row["term"].value), row["term"].value, _coercion(row)) for row in rows)

    @classmethod
    def of(cls, store: Store) -> Context:
        """The context of the ontology in a store."""
        rows = ask(store, query())
        assert isinstance(rows, QuerySolutions)
        return cls.from_rows(rows)

    def document(self) -> dict[str, object]:
        """The whole context, as a document to publish: `{"@context": {…}}`."""
        return {"@context": _entries(prefixes(), self.terms.values())}

    def part(self, triples: Iterable[Triple]) -> Part:
        """The part that shortens these triples."""
        iris, words = set(), set()
        for subject, predicate, value in triples:
            words.add(predicate.value)
            iris.add(subject.value)
            if isinstance(value, NamedNode):
                (words if predicate.value == TYPE else iris).add(value.value)
            elif isinstance(value, Literal) and not value.language:
                iris.add(value.datatype.value)
        terms = {iri: self.terms[iri] for iri in sorted(words) if iri in self.terms}
        iris |= {iri for iri in words if iri != TYPE and iri not in terms}
        iris |= {iri for term in terms.values() for iri in (term.iri, term.coercion or "")}
        curies = (short(iri) for iri in iris.difference(NATIVE))
        return Part(terms, {curie.partition(":")[0] for curie in curies if curie})


class Part:
    """A part of the context: `terms` by their IRIs, `prefixes`, and all the `names` that it gives a meaning to."""

    def __init__(self, terms: Mapping[str, Term], used: set[str]) -> None:
        self.terms = terms
        self.prefixes = {name: iri for name, iri in prefixes().items() if name in used}
        self.names = {*KEYWORDS, *self.prefixes, *(term.name for term in terms.values())}

    def entries(self) -> dict[str, object]:
        """What stands in `@context`."""
        return _entries(self.prefixes, self.terms.values())


def _local(iri: str) -> str:
    return iri.removeprefix(expand("sg:"))


def _coercion(row: Mapping[str, Literal | NamedNode | None]) -> str | None:
    linking, datatype = row["linking"], row["datatype"]
    if linking is not None and linking.value == "true":
        return LINK
    return datatype.value if datatype is not None else None


def _curie(iri: str) -> str:
    return short(iri) or iri


def _entries(namespaces: Mapping[str, str], terms: Iterable[Term]) -> dict[str, object]:
    """The entries of a context. A namespace that ends in a letter must say that it is a prefix."""
    shortened = {
        name: iri if iri[-1] in ":/?#[]@" else {"@id": iri, "@prefix": True} for name, iri in namespaces.items()
    }
    return {"@version": 1.1, **KEYWORDS, **shortened, **{term.name: term.definition() for term in terms}}
