"""Terms that serializers get wrong, drawn from a seed, and where answers are written to in tests of them."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from random import Random

import rdflib
from pyoxigraph import (
    BaseDirection,
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    Triple,
)

from loader.namespaces import BASE, expand, prefixes

TEXTS = [
    *("", " ", "plain", "  spaced  ", "tab\tin", "line\nfeed", "return\rin", "both\r\nin", "\r", "\n"),
    *('"', '""', "'", "\\", "\\u0041", "a,b", "a;b", "<&>", "]]>", "<!-- -->", "&amp;", "&#13;"),
    *("é", "\u0085", "\u2028", "\u00a0", "\U0001f600", "\ufeff", "\ufffd", "e\u0301", "مرحبا", "\x7f"),
    *("@id", "@type", "@none", "_:b0", "sg:Drug", "https://w3id.org/sarcograph/drug/x", "null", "true", "1", "1.0"),
]
CONTROLS = ["\x00", "\x01", "\x08", "\x0b", "\x0c", "\x1f", "\ufffe", "\uffff"]
NUMBERS = [
    *("0", "-0", "+0", "1", "01", "-1", "+1", "--1", "1.0", "1.", ".5", "1e3", "1E3", "1.0E3", "INF", "-INF", "NaN"),
    *("9007199254740991", "9007199254740993", "123456789012345", "1000000000000000", "1" * 40, " 1", "1\n", "x", "٣"),
    *("true", "false", "TRUE", "2015-10-23", "2015", "2015-13-45", "P1D"),
]
DATATYPES = [
    *("xsd:integer", "xsd:decimal", "xsd:double", "xsd:float", "xsd:boolean", "xsd:date", "xsd:gYear", "xsd:int"),
    *("xsd:anyURI", "rdf:JSON", "rdf:HTML", "sg:Drug", "unit:MO"),
]
# IRIs whose scheme is a prefix or a term of ours, IRIs that CURIEs could be made of, IRIs that no CURIE is plain for.
IRIS = [
    *(
        "mesh:D012509",
        "sg:armOf",
        "schema:name",
        "id:x",
        "type:x",
        "Drug:x",
        "armOf:x",
        "mailto:a@b.org",
        "urn:a:b",
        "x:",
    ),
    *("sg://host/path", "tag:a,2026:b", f"{BASE}drug/trabectedin", f"{BASE}drug/a%20b", f"{BASE}é", "http://e.org/"),
    *(expand("sg:"), expand("sg:Drug"), expand("sg:no.such-term_"), expand("sg:") + "a/b", expand("sg:") + "a:b"),
    *(expand("sg:unit"), expand("unit:MO"), expand("NCIT:C123"), expand("obo:NCIT_"), expand("obo:RO_0000052")),
    *(expand("icdo:8800/3"), expand("oncotree:LMS"), expand("skos:prefLabel"), expand("schema:name")),
    *(expand("rdf:nil"), expand("rdf:first"), expand("rdf:rest"), expand("rdf:type"), expand("xsd:string")),
    *("http://e.org/?a=1&b='2'", "http://e.org/#", "http://e.org/a.", "http://e.org/-", "http://e.org/1"),
]
PREDICATES = [
    *("sg:armOf", "sg:receives", "sg:value", "sg:year", "sg:decisionDateEarliest", "sg:enrolled", "sg:tumourAgnostic"),
    *("sg:acronym", "sg:unit", "sg:later", "skos:prefLabel", "dcterms:source", "rdf:type", "rdf:value", "rdf:first"),
]


class Sink:
    """Keeps what is written, in which pieces, and whether and when the answer was said to be capped."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.capped: tuple[int, int] | None = None

    def write(self, data: bytes) -> int:
        """Keep a piece."""
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def cap(self, most: int) -> None:
        """Keep the number, and how many pieces there were before."""
        self.capped = most, len(self.pieces)

    @property
    def data(self) -> bytes:
        """All that was written."""
        return b"".join(self.pieces)


def literal(random: Random, texts: list[str]) -> Literal:
    """Any literal: plain, tagged, with a direction, of a datatype that it fits or not."""
    kind = random.randrange(6)
    if kind < 2:
        return Literal(random.choice(texts))
    if kind == 2:
        return Literal(random.choice(texts), language=random.choice(["en", "de-at", "zh-hant"]))
    if kind == 3:
        return Literal(random.choice(NUMBERS), datatype=NamedNode(expand(random.choice(DATATYPES[:7]))))
    if kind == 4:
        return Literal(random.choice(texts), datatype=NamedNode(expand(random.choice(DATATYPES))))
    return Literal(random.choice(texts), datatype=NamedNode(random.choice(IRIS)))


def iri(random: Random) -> NamedNode:
    """Any IRI."""
    some = [name for name in prefixes() if name != "rdf"]
    return NamedNode(random.choice([*IRIS, random.choice(some) + ":x", prefixes()[random.choice(some)] + "x1"]))


def blank(random: Random) -> BlankNode:
    """Any blank node, among them those that only some formats can name as they are."""
    return BlankNode(random.choice(["b0", "1", "1.2", "x-31", "n1", "é"]))


def predicate(random: Random) -> NamedNode:
    """Any predicate, mostly one of the ontology's."""
    return iri(random) if random.random() < 0.2 else NamedNode(expand(random.choice(PREDICATES)))


def triples(seed: int, size: int, texts: list[str]) -> list[Triple]:
    """A graph of odd triples, each once, in which some subjects come in several places."""
    random = Random(seed)
    found: dict[Triple, None] = {}
    while len(found) < size:
        subject = blank(random) if random.random() < 0.3 else iri(random)
        for _ in range(random.randrange(1, 5)):
            value = random.choice([literal, literal, lambda random, _: iri(random), lambda random, _: blank(random)])
            found[Triple(subject, predicate(random), value(random, texts))] = None
    return list(found)


def directed() -> Literal:
    """A literal with a base direction, of RDF 1.2."""
    return Literal("مرحبا", language="ar", direction=BaseDirection.RTL)


def canonical(statements: Iterable[Triple | Quad]) -> Dataset:
    """A graph or dataset with canonical blank nodes, so that equal means isomorphic."""
    quads = (each if isinstance(each, Quad) else Quad(*each) for each in statements)
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset


def from_rdflib(graph: rdflib.Graph) -> list[Triple]:
    """The triples that rdflib read."""
    return [Triple(*(_from_rdflib(term) for term in triple)) for triple in graph]  # type: ignore[arg-type]


def _from_rdflib(term: rdflib.term.Node) -> NamedNode | BlankNode | Literal:
    if isinstance(term, rdflib.URIRef):
        return NamedNode(str(term))
    if isinstance(term, rdflib.BNode):
        return BlankNode(f"r{str(term).encode().hex()}")
    assert isinstance(term, rdflib.Literal)
    if term.language:
        return Literal(str(term), language=term.language.lower())
    return Literal(str(term), datatype=NamedNode(str(term.datatype or expand("xsd:string"))))


def read_with_rdflib(data: bytes, form: str) -> list[Triple]:
    """The triples that rdflib reads, their lexical forms as they stand."""
    graph = rdflib.Graph()
    graph.parse(BytesIO(data), format=form, publicID="http://base.invalid/")
    return from_rdflib(graph)
