"""What XML 1.0 cannot hold is refused here, before it is written: the engine would write broken XML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol
from xml.parsers.expat import ExpatError, ParserCreate

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from loader.errors import NotAcceptableError
from loader.namespaces import expand, prefixes

_NAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME = _NAME_START + "0-9.\u00b7\u0300-\u036f\u203f\u2040-"
_ELEMENT_NAME = re.compile(f"[{_NAME_START}][{_NAME}]*\\Z")  # XML names without a colon, Namespaces in XML 1.0
_HEXADECIMAL = "x-"  # what the names begin with that blank nodes get where XML does not have their own
_TYPE = expand("rdf:type")
_SYNTAX = {  # names that mean something else than themselves in RDF/XML, sections 5.1 and 7.2.2 to 7.2.5
    expand(f"rdf:{name}")
    for name in (
        *("RDF", "ID", "about", "bagID", "parseType", "resource", "nodeID", "datatype", "li", "Description"),
        *("aboutEach", "aboutEachPrefix"),
    )
}

_SUSPECTS = bytes(set(range(0x20)) - {0x09, 0x0A})
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")  # U+FFFE and U+FFFF are EF BF BE and BF


class Binary(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def flush(self) -> None:
        """All is written."""


class XmlText:
    """A binary file for XML that the engine writes; the engine never divides a character between two writes.

    A carriage return goes on as `&#13;`, because readers would make a line feed of it. Raises NotAcceptableError,
    before they go out, for the characters that XML 1.0 has no way to write: U+0000 to U+001F but for tab, line feed
    and carriage return, U+FFFE and U+FFFF.
    """

    def __init__(self, output: Binary, media_type: str, offers: Sequence[str]) -> None:
        self._output = output
        self._media_type = media_type
        self._offers = [offer for offer in offers if offer != media_type]

    def write(self, data: bytes) -> int:
        """Take bytes."""
        clean = len(data.translate(None, _SUSPECTS)) == len(data) and (data.isascii() or b"\xef\xbf" not in data)
        self._output.write(data if clean else self._mended(data))
        return len(data)

    def flush(self) -> None:
        """All is written."""
        self._output.flush()

    def _mended(self, data: bytes) -> bytes:
        found = _FORBIDDEN.search(data)
        if found:
            form = f"a query that finds the character U+{ord(found[0].decode()):04X}"
            raise NotAcceptableError(form, self._media_type, self._offers)
        return data.replace(b"\r", b"&#13;")


def nameable(triples: Iterable[Triple], media_type: str, offers: Sequence[str]) -> Iterator[Triple]:
    """The triples, as long as their predicates, and the types that the engine names elements by, can be names.

    Raises NotAcceptableError at the first that cannot. Blank nodes such as `_:1` get names that XML has.
    """
    offers = [offer for offer in offers if offer != media_type]
    known: set[str] = set()

    def check(name: str) -> None:
        if name not in known and not _is_element(name):
            raise NotAcceptableError(f"a query that finds the name <{name}>", media_type, offers)
        known.add(name)

    before: object = None
    for triple in triples:
        subject, predicate, value = triple
        name = predicate.value
        if name not in known:
            check(name)
        if name == _TYPE and isinstance(value, NamedNode) and subject != before:
            check(value.value)
        before = subject
        plain = isinstance(subject, NamedNode) and isinstance(value, NamedNode | Literal)
        while isinstance(value, Triple):
            check(value.predicate.value)
            value = value.object
        yield triple if plain else _with_names(triple)


def _is_element(iri: str) -> bool:
    """Whether an IRI ends in a name for an element that means the IRI, and that readers of all editions take."""
    name = _ELEMENT_NAME.search(iri)
    if name is None or iri in _SYNTAX:
        return False
    if not name[0].isascii():
        try:
            ParserCreate().Parse(f"<{name[0]}/>", True)  # the names of the fourth edition, fewer than the engine's
        except ExpatError:
            return False
    return True


def _with_names(triple: Triple) -> Triple:
    """The triple with blank nodes that XML can name: `_:1` becomes `_:x-31`, its characters in hexadecimal."""
    subject, predicate, value = triple
    return Triple(
        _named(subject) if isinstance(subject, BlankNode) else subject,
        predicate,
        _with_names(value) if isinstance(value, Triple) else _named(value) if isinstance(value, BlankNode) else value,
    )


def _named(blank: BlankNode) -> BlankNode:
    name = blank.value
    if _ELEMENT_NAME.match(name) and not name.startswith(_HEXADECIMAL):
        return blank
    return BlankNode(_HEXADECIMAL + name.encode().hex())


def element_prefixes(triples: Iterable[Triple]) -> dict[str, str]:
    """The project's prefixes that shorten names of elements: predicates and types."""
    names = {triple.predicate.value for triple in triples}
    names |= {
        each.object.value for each in triples if isinstance(each.object, NamedNode) and each.predicate.value == _TYPE
    }
    ends = ((name, _ELEMENT_NAME.search(name)) for name in names)
    spaces = {name[: end.start()] for name, end in ends if end}
    return {prefix: iri for prefix, iri in prefixes().items() if iri in spaces}
