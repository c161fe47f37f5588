"""What an identifier leads to: an index of all names and identifiers of a release, read by one query at first use.

A release that holds more than the index may take is asked about each identifier instead, by another query.
"""

from __future__ import annotations

import difflib
import json
import re
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from loader.errors import QueryLimitError
from loader.namespaces import BASE, compress, expand
from server import identifiers, queries
from server.identifiers import ADDRESS, NAME, OWN, Reading, key
from server.queries import Term
from server.serving import Serving

MOST_ROWS = 100_000  # of an index: some 55 MB; the facts of this project fill 1.5
_MOST_BYTES = 64 << 20  # of the answer that an index is read from
_KEPT = 3  # releases whose indexes are kept
_NEAR = 5
_MOST_COMPARED = 20_000  # names that one is compared with
_SLUG = "slug"
_DOCUMENTS = ("ontology", "shapes", "prefixes")

_PREFERRED, _OTHER = expand("skos:prefLabel"), expand("skos:altLabel")
# What says no more than that something is there.
_IS_THERE = tuple(map(expand, ("rdfs:isDefinedBy", "sh:name", "owl:deprecated")))
_WEAK = ("skos:altLabel", "skos:closeMatch", "rdfs:seeAlso")


@dataclass(frozen=True)
class Match:
    """Something that an identifier leads to: its IRI, its name, how it matches (`skos:exactMatch`, `bibo:pmid`, `slug`,
    `iri`), and as what the identifier was read."""

    iri: str
    label: str
    how: str
    reading: Reading

    @property
    def rank(self) -> int:
        """How well it matches: 0 its own IRI, 1 exactly, 2 nearly."""
        return 0 if self.how == "iri" else 2 if self.how in _WEAK else 1

    @property
    def path(self) -> str:
        """Its path on this site."""
        return "/" + self.iri.removeprefix(BASE)


class Index:
    """What everything is called: rows of IRI, property and value, filed by how identifiers are read."""

    def __init__(self, rows: Iterable[tuple[str, str, str]]) -> None:
        self._found: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.labels: dict[str, str] = {}
        for iri, property_, value in rows:
            if iri not in self.labels:
                self.labels[iri] = ""
                self._file(key(OWN, iri.removeprefix(BASE)), iri, "iri")
                if "#" not in iri:
                    self._file(key(_SLUG, iri.rpartition("/")[2]), iri, _SLUG)
            if property_ == _PREFERRED:
                self.labels[iri] = self.labels[iri] or value
            if property_ not in _IS_THERE:
                self._file(_key_of(property_, value), iri, compress(property_) or property_)

    def _file(self, where: str, iri: str, how: str) -> None:
        if (iri, how) not in self._found[where]:
            self._found[where].append((iri, how))

    def find(self, readings: Sequence[Reading]) -> list[Match]:
        """What is meant by an identifier that is read so, each once, the best matches first."""
        best: dict[str, Match] = {}
        for reading in readings:
            keys = (reading.key, key(_SLUG, reading.local)) if reading.register == NAME else (reading.key,)
            for pair in (pair for each in keys for pair in (self._found.get(each) or self._part(reading))):
                match, iri = self._match(pair, reading), pair[0]
                if iri not in best or match.rank < best[iri].rank:
                    best[iri] = match
        return sorted(best.values(), key=lambda match: (match.rank, match.iri))

    def _part(self, reading: Reading) -> list[tuple[str, str]]:
        """A fragment of something that is there, though the fragment itself has no name."""
        owner, sign, fragment = reading.local.partition("#")
        found = self._found.get(key(OWN, owner), []) if reading.register == OWN and sign else []
        return [(f"{iri}#{fragment}", how) for iri, how in found]

    def _match(self, pair: tuple[str, str], reading: Reading) -> Match:
        iri, how = pair
        return Match(iri, self.labels.get(iri) or compress(iri) or iri, how, reading)

    def near(self, readings: Sequence[Reading]) -> list[Match]:
        """What is called nearly as an identifier is read: names, slugs, and identifiers of a register that it may be
        of."""
        found: list[Match] = []
        for reading in readings:
            wanted = reading.key.partition(" ")[2]
            registers = {NAME: (NAME, _SLUG), OWN: (OWN,)}.get(reading.register, (reading.register,))
            known = {
                filed.partition(" ")[2]: pairs
                for filed, pairs in self._found.items()
                if filed.partition(" ")[0] in registers
            }
            if reading.register == ADDRESS or len(known) > _MOST_COMPARED:
                continue
            for each in difflib.get_close_matches(wanted, known, n=_NEAR, cutoff=0.7):
                found += [self._match(pair, Reading(registers[0], each)) for pair in known[each]]
        return list({match.iri: match for match in found}.values())[:_NEAR]


def _key_of(property_: str, value: str) -> str:
    if property_ in (_PREFERRED, _OTHER):
        return key(NAME, value)
    number = identifiers.reading_of_number(property_, value)
    return (number or identifiers.reading_of(value)).key


@dataclass(frozen=True)
class Resolved:
    """What became of an identifier: how it was read, what it may mean, and what is near where it means nothing."""

    text: str
    readings: Sequence[Reading]
    matches: Sequence[Match]
    near: Sequence[Match]

    @property
    def only(self) -> Match | None:
        """The one thing that is meant; None where that cannot be told.

        The only one that matches best is meant, whatever matches less well: but a number alone does not say of which
        register it is, so that nothing else may have it.
        """
        best = [match for match in self.matches if match.rank == self.matches[0].rank]
        alone = len(best) == 1 and not (self.text.isdecimal() and len(self.matches) > 1)
        return best[0] if alone else None


_indexes: OrderedDict[str, Index | None] = OrderedDict()
_lock = threading.Lock()


def resolve(serving: Serving, text: str) -> Resolved:
    """Find what an identifier means. Raises RequestError where it is none, and what Asker.run raises."""
    cleaned = identifiers.plain(text)
    readings = identifiers.readings(cleaned)
    index = index_of(serving) or _asked(serving, readings)
    matches = index.find(readings) or list(_topics(serving, readings))
    return Resolved(cleaned, readings, matches, [] if matches else index.near(readings))


def _topics(serving: Serving, readings: Sequence[Reading]) -> Iterator[Match]:
    """What is no entity but has an IRI of ours: a graph, a release, the ontology."""
    graphs, versions = serving.release.manifest["graphs"], serving.shelf.versions()
    known = {*(graph.removeprefix(BASE) for graph in graphs), *(f"release/{each}" for each in versions), *_DOCUMENTS}
    for reading in readings:
        if reading.register == OWN and reading.local.partition("#")[0] in known and not _term(reading.local):
            yield Match(BASE + reading.local, compress(BASE + reading.local) or reading.local, "iri", reading)


def _term(path: str) -> bool:
    return path.startswith(tuple(f"{each}#" for each in _DOCUMENTS[:2]))


def index_of(serving: Serving) -> Index | None:
    """The index of a release, read at first use; None where it would take too much."""
    place = str(serving.release.store_path)
    with _lock:
        if place in _indexes:
            _indexes.move_to_end(place)
            return _indexes[place]
    index = _read(serving)
    with _lock:
        _indexes[place] = index
        while len(_indexes) > _KEPT:
            _indexes.popitem(last=False)
    return index


def _read(serving: Serving) -> Index | None:
    query = queries.read("resolve/identifiers")
    try:
        whole = serving.asker.run(query.text, reserved=True, most=MOST_ROWS, most_bytes=_MOST_BYTES)
    except QueryLimitError:
        return None
    return None if whole.cap is not None else Index(_rows(whole.body))


def _asked(serving: Serving, readings: Sequence[Reading]) -> Index:
    """An index of what the release says of one identifier. Names are found as they are written, or in lower or upper
    case."""
    known = [term for reading in readings for term in _terms(reading)]
    own = [queries.iri(BASE + each.local) for each in readings if each.register == OWN and _is_iri(each.local)]
    query = queries.read("resolve/having").bind(known=known, entity=own)
    return Index(_rows(serving.asker.run(query.text, reserved=True).body))


def _terms(reading: Reading) -> Iterator[Term]:
    """The terms that an identifier may be in the store."""
    forms = dict.fromkeys((reading.local, reading.local.upper(), reading.local.lower()))
    if reading.register == NAME:
        for form in (*forms, reading.local.capitalize()):
            yield from (queries.text(form), queries.text(form, "en"))
        return
    spaces = [each.namespace for each in identifiers.registers() if each.prefix == reading.register]
    for start in ("http://", "https://") if reading.register == ADDRESS else [space for space in spaces if space]:
        yield from (queries.iri(start + form) for form in forms if _is_iri(form))
    if "" in spaces:
        yield from (queries.text(form) for form in forms)


_NOT_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


def _is_iri(text: str) -> bool:
    return not _NOT_IN_IRI.search(text)


def _rows(body: bytes) -> Iterator[tuple[str, str, str]]:
    bindings: Sequence[Mapping[str, Any]] = json.loads(body)["results"]["bindings"]
    return ((row["entity"]["value"], row["property"]["value"], row["value"]["value"]) for row in bindings)
