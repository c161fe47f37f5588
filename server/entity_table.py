"""The statements of an entity as a table: one row each, with the certainty and the source of that very statement.

A note of the entity says where one property, or one value of it, differs from the entity in source or confidence; a
row of the table has them applied, so that what is recalled says so in its own row.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad, Triple

from loader.namespaces import compress, expand
from loader.terms import Term, content
from server import wording
from server.entity_statements import Found

COLUMNS = (
    "subject",
    "property",
    "property_label",
    "value",
    "value_label",
    "datatype",
    "language",
    "unit",
    "confidence",
    "source",
    "seen_in",
    "note",
    "graph",
)
_UNITS = {
    expand(f"sg:{name}"): expand("sg:unit")
    for name in ("value", "comparatorValue", "ciLower", "ciUpper", "comparatorCiLower", "comparatorCiUpper")
} | {expand("sg:timePoint"): expand("sg:timePointUnit")}
_DERIVED = ("Earliest", "Latest")  # what the build adds to the property of a date
_LABELS = expand("skos:prefLabel"), expand("rdfs:label")
_CONFIDENCE, _SOURCE = expand("sg:confidence"), expand("dcterms:source")
_SEEN_IN, _COMMENT = expand("sg:seenIn"), expand("rdfs:comment")
_ON_PROPERTY, _ON_VALUE = expand("sg:onProperty"), expand("sg:onValue")

Said = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class _Provenance:
    """How sure a statement is and where it is from."""

    confidence: Sequence[str]
    source: Sequence[str]
    seen_in: Sequence[str]
    note: Sequence[str]


def write_table(found: Found, iri: str) -> bytes:
    """The own statements of an entity (its IRI) as CSV (RFC 4180, UTF-8, a header row)."""
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(COLUMNS)
    writer.writerows(_rows(found, iri))
    return output.getvalue().encode()


def _rows(found: Found, iri: str) -> Iterable[Sequence[str]]:
    labels = _labels(found)
    said = _by_subject(found.own)
    for quad in sorted(found.own, key=lambda quad: (content(quad.subject), quad.predicate.value, str(quad.object))):
        value = quad.object
        subject, word = content(quad.subject), quad.predicate.value
        from_where = _provenance(said, iri, subject, word, _text(value))
        yield (
            subject,
            word,
            labels.get(word) or wording.term(word),
            _text(value),
            labels.get(_text(value), "") if isinstance(value, NamedNode) else "",
            value.datatype.value if isinstance(value, Literal) else "",
            (value.language or "") if isinstance(value, Literal) else "",
            " ".join(compress(each) or each for each in said[subject].get(_UNITS.get(word, ""), ())),
            " ".join(labels.get(each, each) for each in from_where.confidence),
            " ".join(from_where.source),
            "; ".join(from_where.seen_in),
            " ".join(from_where.note),
            quad.graph_name.value if isinstance(quad.graph_name, NamedNode) else "",
        )


def _text(term: Term | Triple) -> str:
    """An IRI's or literal's own text; a triple term, of RDF 1.2, in full."""
    return str(term) if isinstance(term, Triple) else term.value


def _labels(found: Found) -> dict[str, str]:
    """English names first, else any."""
    labels: dict[str, str] = {}
    for quad in (*found.names, *found.own):
        subject, name = content(quad.subject), quad.object
        if quad.predicate.value not in _LABELS or not isinstance(name, Literal):
            continue
        if name.language == "en" or subject not in labels:
            labels[subject] = name.value
    return labels


def _by_subject(quads: Iterable[Quad]) -> dict[str, dict[str, list[str]]]:
    said: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for quad in sorted(quads, key=str):
        values = said[content(quad.subject)][quad.predicate.value]
        if _text(quad.object) not in values:
            values.append(_text(quad.object))
    return said


def _provenance(said: Mapping[str, Said], iri: str, subject: str, word: str, value: str) -> _Provenance:
    """A statement's own note where there is one, else what is said of its part, else of the entity."""
    notes = [each for each in said.values() if _concerns(each, word, value)] if subject == iri else []

    def noted(name: str) -> Sequence[str]:
        return list(dict.fromkeys(each for note in notes for each in note.get(name, ())))

    confidence = noted(_CONFIDENCE) or said[subject].get(_CONFIDENCE) or said[iri].get(_CONFIDENCE, ())
    whole = said[subject] if said[subject].get(_SOURCE) else said[iri]
    source, seen_in = noted(_SOURCE), noted(_SEEN_IN)
    if not source:  # where something was seen concerns only what is from that source
        source, seen_in = whole.get(_SOURCE, ()), seen_in or whole.get(_SEEN_IN, ())
    return _Provenance(confidence, source, seen_in, noted(_COMMENT))


def _concerns(note: Said, word: str, value: str) -> bool:
    """Whether a note is on this statement: on its property, or that which its property is derived from."""
    names = {word, *(word.removesuffix(suffix) for suffix in _DERIVED)}
    if not names.intersection(note.get(_ON_PROPERTY, ())):
        return False
    return not note.get(_ON_VALUE) or value in note[_ON_VALUE]
