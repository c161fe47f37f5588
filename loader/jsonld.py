"""JSON-LD 1.1, compact and streamed: the ontology as a context, and triples as nodes that this context makes short.

    {"@context": {"@version": 1.1, "id": "@id", "type": "@type", "sg": "https://w3id.org/sarcograph/ontology#",
                  "Arm": "sg:Arm", "armOf": {"@id": "sg:armOf", "@type": "@id"}},
     "id": "https://w3id.org/sarcograph/arm/palette-1", "type": "Arm",
     "armOf": "https://w3id.org/sarcograph/trial/palette"}

A document carries the part of the context that its first triples use. What comes later and is not in there stands in
full, and a node with an IRI whose scheme is also a name of the context (such as `mesh:x`) is written without a context.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from json import dumps
from json.encoder import encode_basestring
from typing import Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loader.context import BOOLEAN, INTEGER, LINK, STRING, TYPE, Context, Part, short
from loader.errors import NotAcceptableError

__all__ = ["Context", "MEDIA_TYPE", "write", "write_dataset"]

MEDIA_TYPE = "application/ld+json"

_KNOWING_TRIPLE_TERMS = ("text/turtle", "application/n-triples", "application/trig", "application/n-quads")
_SAMPLE = 1000  # triples looked at to learn what the context of a document needs
_RUN = 1000  # triples at most in one node, so that memory stays flat
_PIECE = 32 << 10  # characters written at a time
_KNOWN = 20_000  # IRIs remembered as they are written
_EXACT_INTEGER = re.compile(r"(?:0|-?[1-9][0-9]{0,14})\Z")  # what every JSON reader gives back digit by digit


class Writable(Protocol):
    """Where a document goes."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""


class _Nodes:
    """Writes nodes that a part of the context makes short."""

    def __init__(self, part: Part) -> None:
        self._terms = part.terms
        self._prefixes = part.prefixes
        self._names = part.names
        self._namespaces = tuple(part.prefixes.values())
        self._known: dict[str, str] = {}
        self._misread = False  # whether the node at hand has an IRI that this context would read as a CURIE

    def node(self, triples: list[Triple]) -> str:
        """Triples of one subject as a node object."""
        self._misread = False
        types: list[str] = []
        values: dict[str, list[str]] = {}
        for _, predicate, value in triples:
            word = predicate.value
            if word == TYPE and not isinstance(value, Literal):
                types.append(self._type(value))
                continue
            term = self._terms.get(word)
            key = encode_basestring(term.name) if term else self._iri(word)
            values.setdefault(key, []).append(self._value(value, term.coercion if term else None))
        every = {'"type"': types, **values} if types else values
        entries = (f"{key}:{each[0] if len(each) == 1 else '[' + ','.join(each) + ']'}" for key, each in every.items())
        node = f'{{"id":{self._reference(triples[0].subject)},{",".join(entries)}}}'
        return _full_node(triples) if self._misread else node

    def reference(self, iri: str) -> str:
        """An IRI as the value of `id`."""
        return self._iri(iri)

    def _type(self, value: object) -> str:
        term = self._terms.get(value.value) if isinstance(value, NamedNode) else None
        return encode_basestring(term.name) if term else self._reference(value)

    def _value(self, value: object, coercion: str | None) -> str:
        if not isinstance(value, Literal):
            reference = self._reference(value)
            return reference if coercion == LINK else f'{{"id":{reference}}}'
        text = value.value
        if value.language is not None:
            return _tagged(value)
        datatype = value.datatype.value
        if datatype == coercion or (coercion is None and datatype == STRING):
            return encode_basestring(text)
        if coercion is None and _is_native(text, datatype):
            return text
        if datatype == STRING:
            return f'{{"@value":{encode_basestring(text)}}}'
        return f'{{"@value":{encode_basestring(text)},"@type":{self._iri(datatype)}}}'

    def _reference(self, node: object) -> str:
        if isinstance(node, NamedNode):
            return self._iri(node.value)
        return _blank(node)

    def _iri(self, iri: str) -> str:
        known = self._known.get(iri)
        if known is None:
            curie = short(iri) if iri.startswith(self._namespaces) else None
            if curie and curie.partition(":")[0] in self._prefixes:
                known = encode_basestring(curie)
            elif iri.partition(":")[0] in self._names:
                self._misread = True
                return ""
            else:
                known = encode_basestring(iri)
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[iri] = known
        return known


def _is_native(text: str, datatype: str) -> bool:
    """Whether JSON's own number, true or false is exactly this literal."""
    if datatype == INTEGER:
        return _EXACT_INTEGER.match(text) is not None
    return datatype == BOOLEAN and text in ("true", "false")


def _tagged(value: Literal) -> str:
    direction = f',"@direction":"{value.direction.value}"' if value.direction else ""
    return f'{{"@value":{encode_basestring(value.value)},"@language":"{value.language}"{direction}}}'


def _blank(node: object) -> str:
    if isinstance(node, BlankNode):
        return encode_basestring(f"_:{node.value}")
    raise NotAcceptableError("a query that finds a triple term", MEDIA_TYPE, _KNOWING_TRIPLE_TERMS)


def _full_node(triples: list[Triple]) -> str:
    """A node in expanded form, which no context changes."""
    values: dict[str, list[str]] = {}
    for _, predicate, value in triples:
        values.setdefault(encode_basestring(predicate.value), []).append(_full_value(value))
    entries = (f"{key}:[{','.join(each)}]" for key, each in values.items())
    subject = triples[0].subject
    name = encode_basestring(subject.value) if isinstance(subject, NamedNode) else _blank(subject)
    return f'{{"@context":null,"@id":{name},{",".join(entries)}}}'


def _full_value(value: object) -> str:
    if isinstance(value, NamedNode):
        return f'{{"@id":{encode_basestring(value.value)}}}'
    if not isinstance(value, Literal):
        return f'{{"@id":{_blank(value)}}}'
    if value.language is not None:
        return _tagged(value)
    return f'{{"@value":{encode_basestring(value.value)},"@type":{encode_basestring(value.datatype.value)}}}'


def write(triples: Iterable[Triple], output: Writable, context: Context) -> None:
    """Write triples as one document, as they come. Neighbours with the same subject are one node.

    Raises NotAcceptableError for a triple term of RDF 1.2, which JSON-LD cannot hold.
    """
    more = iter(triples)
    first = list(islice(more, _SAMPLE))
    part = context.part(first)
    nodes: Iterator[str] = map(_Nodes(part).node, _runs(chain(first, more)))
    opening = _opening(part)
    if len(first) < _SAMPLE and len({triple.subject for triple in first}) == 1:
        node = next(nodes)
        if not node.startswith('{"@context"'):
            output.write(f"{opening}{node[1:]}\n".encode())
            return
        nodes = iter([node])
    output.write(f'{opening}"@graph":['.encode())
    separator = "\n"
    for piece in _pieces(nodes):
        output.write((separator + piece).encode())
        separator = ",\n"
    output.write(b"\n]}\n")


def _opening(part: Part) -> str:
    return f'{{"@context":{dumps(part.entries(), ensure_ascii=False, separators=(",", ":"))},\n'


def write_dataset(graphs: Mapping[str, Sequence[Triple]], output: Writable, context: Context) -> None:
    """Write named graphs, by their IRIs, as one document: for each a node that holds its triples in `@graph`.

    Raises NotAcceptableError as `write` does.
    """
    names = (Triple(NamedNode(name), NamedNode(TYPE), NamedNode(name)) for name in graphs)
    part = context.part(chain(names, *graphs.values()))
    writer = _Nodes(part)
    output.write(f'{_opening(part)}"@graph":['.encode())
    opening = "\n"
    for name, triples in graphs.items():
        output.write(f'{opening}{{"id":{writer.reference(name)},"@graph":[\n'.encode())
        output.write(",\n".join(map(writer.node, _runs(triples))).encode())
        output.write(b"\n]}")
        opening = ",\n"
    output.write(b"\n]}\n")


def _pieces(nodes: Iterable[str]) -> Iterator[str]:
    """Nodes in pieces large enough to be worth a write."""
    waiting: list[str] = []
    size = 0
    for node in nodes:
        waiting.append(node)
        size += len(node)
        if size >= _PIECE:
            yield ",\n".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield ",\n".join(waiting)


def _runs(triples: Iterable[Triple]) -> Iterator[list[Triple]]:
    """Neighbours with the same subject."""
    run: list[Triple] = []
    subject = None
    for triple in triples:
        if run and (triple.subject != subject or len(run) == _RUN):
            yield run
            run = []
        if not run:
            subject = triple.subject
        run.append(triple)
    if run:
        yield run
