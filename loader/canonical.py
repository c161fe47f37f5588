"""The one canonical form of a data file: the same triples always give the same text.

Base first, then the prefixes used; the file's own entity first, then the others by IRI; `a` first, then properties
by name; one statement a line. Only IRIs and literals: data hold no blank nodes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, Triple

from loader.errors import CommentError, FactError
from loader.namespaces import BASE, compress, expand, owner_of, prefixes
from loader.terms import XSD_STRING, Term

if TYPE_CHECKING:  # it reads with rdflib, which those who only write need not load
    from loader.turtle import TurtleFile

_TYPE = expand("rdf:type")
_ONTOLOGY = expand("sg:")
_SHAPES = expand("shapes:")
_BARE = {
    expand("xsd:integer"): re.compile(r"[+-]?[0-9]+"),
    expand("xsd:decimal"): re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    expand("xsd:boolean"): re.compile(r"true|false"),
}
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
# What names the same below the base as it stands: its first segment has no colon, no segment is one or two dots.
_RELATIVE = re.compile(r"(?!.*(?:\A|/)\.{1,2}(?:[/?#]|\Z))[^/:?#]+(?:[/?#]|\Z)|\Z")
_NATURAL = re.compile(r"([0-9]+)")
_TOKEN = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\'|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|'
    r"<[^>\s]*>|(?P<comment>#[^\n]*)",
    re.S,
)

Write = Callable[[Term], str]

_curie = lru_cache(4096)(compress)


def canonical(triples: Iterable[Triple], first: str | None = None) -> str:
    """The canonical text of `triples`; the entity `first` (an IRI) leads, its own fragments follow it."""
    used: set[str] = set()
    body = _blocks(triples, first, used)
    return f"{_header(used)}\n{body}"


def in_sections(sections: Iterable[tuple[str, Iterable[Triple]]], first: str) -> str:
    """Several graphs as one text, each below a comment that says what it is; those that are empty are left out.

    `first` (an IRI) leads in each, as in `canonical`. Raises ValueError for a blank node.
    """
    used: set[str] = set()
    written = [(title, _blocks(triples, first, used)) for title, triples in sections]
    body = "\n".join(f"# {title}\n\n{text}" if title else text for title, text in written if text.strip())
    return f"{_header(used)}\n{body}"


def written(triples: Iterable[Triple], first: str | None, of_blank: Callable[[BlankNode, Write], str]) -> str:
    """The text of triples whose values may be blank nodes: `of_blank` writes these, given what writes any term."""
    used: set[str] = set()

    def write(term: Term) -> str:
        return of_blank(term, write) if isinstance(term, BlankNode) else _write(term, used)

    body = _blocks(triples, first, used, write)
    return f"{_header(used)}\n{body}"


def _header(used: set[str]) -> str:
    known = prefixes()
    lines = [f"@base <{BASE}> .", *(f"@prefix {p}: <{known[p]}> ." for p in sorted(used, key=str.lower))]
    return "\n".join(lines) + "\n"


def _blocks(triples: Iterable[Triple], first: str | None, used: set[str], write: Write | None = None) -> str:
    subjects: dict[str, dict[str, set[str]]] = {}
    for subject, predicate, object_ in triples:
        if isinstance(subject, BlankNode) or (isinstance(object_, BlankNode) and not write):
            raise ValueError("data hold no blank nodes")
        values = subjects.setdefault(subject.value, {}).setdefault(predicate.value, set())
        values.add(write(object_) if write else _write(object_, used))
    return "\n\n".join(_block(iri, subjects[iri], used) for iri in sorted(subjects, key=_rank(first))) + "\n"


def formatted(file: TurtleFile) -> str:
    """The canonical text of a file. Raises CommentError for a comment, FactError for a blank node."""
    for match in _TOKEN.finditer(file.source):
        if match["comment"]:
            line = file.source.count("\n", 0, match.start()) + 1
            raise CommentError(file.path, line, match["comment"].strip())
    try:
        return canonical(file.triples, own_entity(file.path))
    except ValueError as error:
        cure = "Give each part an IRI below its owner, such as <…#part>."
        raise FactError(file.path, None, f"{error}. {cure}") from error


def own_entity(path: Path) -> str:
    """The entity that a data file's path names: `curated/drug/eribulin.ttl` is about BASE + `drug/eribulin`."""
    kind = "source" if path.parent.name == "sources" else path.parent.name
    return f"{BASE}{kind}/{path.stem}"


def _rank(first: str | None) -> Callable[[str], tuple[bool, list[tuple[bool, int, str]]]]:
    def rank(iri: str) -> tuple[bool, list[tuple[bool, int, str]]]:
        return owner_of(iri) != first, natural(iri)

    return rank


def natural(text: str) -> list[tuple[bool, int, str]]:
    """A key that sorts texts as people count: `arm-2` before `arm-10`."""
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in _NATURAL.split(text)]


def _block(iri: str, properties: dict[str, set[str]], used: set[str]) -> str:
    lines = []
    for predicate in sorted(properties, key=lambda p: (p != _TYPE, (_curie(p) or p).lower(), p)):
        verb = "a" if predicate == _TYPE else _iri(predicate, used)
        lines.append(f"    {verb} " + " ,\n        ".join(sorted(properties[predicate])))
    return _iri(iri, used) + "\n" + " ;\n".join(lines) + " ."


def _write(term: Term, used: set[str]) -> str:
    return _literal(term, used) if isinstance(term, Literal) else _iri(term.value, used)


def _iri(iri: str, used: set[str]) -> str:
    if iri.startswith(BASE) and not iri.startswith((_ONTOLOGY, _SHAPES)):
        return f"<{iri[len(BASE) :] if _RELATIVE.match(iri[len(BASE) :]) else iri}>"
    curie = _curie(iri)
    if curie is None:
        return f"<{iri}>"
    used.add(curie.partition(":")[0])
    return curie


def _literal(literal: Literal, used: set[str]) -> str:
    datatype = literal.datatype.value
    bare = _BARE.get(datatype)
    if bare and bare.fullmatch(literal.value):
        return literal.value
    quoted = '"' + "".join(_escape(character) for character in literal.value) + '"'
    if literal.language:
        return f"{quoted}@{literal.language}"
    return quoted if datatype == XSD_STRING else f"{quoted}^^{_iri(datatype, used)}"


def _escape(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    return f"\\u{ord(character):04X}" if ord(character) < 0x20 or ord(character) == 0x7F else character
