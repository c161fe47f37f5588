"""Import a table: read its rows, make triples of their records, merge them into the curated files.

A statement that is there stays; a new one is added. Where a single-valued property has another value already, the
file's value stays and the difference is reported, unless the table is to win: what a curator wrote is never lost.
A value that a curator took back (`sg:insteadOf` of a note) does not come back, nor does anything go into that note.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from loader.curated import Curated
from loader.errors import RejectedRow, SettingError
from loader.namespaces import compress, expand
from loader.tables import mapping as mappings
from loader.tables import reader
from loader.tables.reader import Row, split
from loader.tables.record import Desk, Record
from loader.tables.records import READERS
from loader.tables.statements import statements
from loader.terms import Term, content, english, named, text, typed

_TYPE = named("rdf:type")
_PROVENANCE = frozenset(expand(curie) for curie in ("sg:confidence", "sg:seenIn"))


@dataclass
class Outcome:
    """What an import did: rows by fate, files changed, where file and table differ."""

    rows: int = 0
    imported: int = 0
    left_out: int = 0
    rejected: list[tuple[int, list[str], RejectedRow]] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    changed: list[Path] = field(default_factory=list)


@dataclass
class Importer:
    """Imports tables into the curated files.

    `single` names the single-valued properties by class, as the shapes declare them. `table_wins`: a table's value
    of such a property replaces the file's.
    """

    curated: Curated
    single: Mapping[str, frozenset[str]]
    table_wins: bool = False

    def run(self, kind: str, path: Path, where: Mapping[str, Iterable[str]] | None = None, page: str = "") -> Outcome:
        """Import the rows of `path` whose columns hold one of the values that `where` names; save the files.

        `page` is the text of the page whose claims are imported. Raises UnknownTableError, ColumnsError or
        EncodingError; a row that cannot be used is an entry of the outcome's `rejected`.
        """
        self.outcome = Outcome()
        desk = Desk(self.curated, mappings.load(kind), page)
        wanted = {column: frozenset(values) for column, values in (where or {}).items()}
        for column in wanted:
            if column not in desk.mapping.columns:
                raise SettingError("--where", column, f"a column of the table: {', '.join(desk.mapping.columns)}")
        self._made: dict[str, int] = {}
        self._corrections = self.curated.corrections()
        for row in reader.read(path, desk.mapping.columns):
            self.outcome.rows += 1
            if not isinstance(row, Row):
                self.outcome.rejected.append(row)
            elif any(not wanted[column] & set(split(row[column])) for column in wanted):
                self.outcome.left_out += 1
            else:
                self._import(row, desk)
        if self.outcome.imported:
            self._describe_source(path, desk)
        if self.outcome.imported and not wanted:
            self._account(desk)
        self.outcome.changed = self.curated.save()
        return self.outcome

    def _import(self, row: Row, desk: Desk) -> None:
        try:
            made = [(record, statements(record, row, desk)) for record in READERS[desk.mapping.kind](row, desk)]
            self._refuse_doubles([record for record, _ in made], row, desk.mapping.key)
        except RejectedRow as fault:
            self.outcome.rejected.append((row.line, list(row.cells.values()), fault))
            return
        for record, triples in made:
            self._merge(record, triples)
        self.outcome.imported += 1

    def _refuse_doubles(self, records: list[Record], row: Row, key: tuple[str, ...]) -> None:
        """A table has one row for an entity: two would be merged into one that neither says."""
        own = [record.iri for record in records if not record.shared]
        for iri in own:
            if iri in self._made:
                raise RejectedRow(
                    " + ".join(key), f"line {self._made[iri]} describes <{iri}> already. Keep one of the two rows"
                )
        self._made.update(dict.fromkeys(own, row.line))

    def _describe_source(self, path: Path, desk: Desk) -> None:
        """The table as a Source, with the checksum of the very file."""
        subject = NamedNode(desk.source)
        said = [
            Triple(subject, _TYPE, named("sg:Source")),
            Triple(subject, named("skos:prefLabel"), english(desk.mapping.title)),
            Triple(subject, named("dcterms:identifier"), text(desk.mapping.source)),
            Triple(subject, named("dcterms:title"), english(desk.mapping.title)),
            Triple(subject, named("sg:sha256"), text(sha256(path.read_bytes()).hexdigest())),
        ]
        self._merge(Record("source", desk.source), said)

    def _account(self, desk: Desk) -> None:
        """How many rows the table has and which were rejected, as its last reading found them:

        <source/dossier-trials> sg:rowCount 38 ; sg:rowClass sg:Trial ; sg:rejection "line 19: arms: …" .
        """
        path = self.curated.path_of(desk.source)
        cls = desk.mapping.nodes[desk.mapping.kind].cls
        said: dict[str, list[Term]] = {
            "sg:rowCount": [typed(str(self.outcome.rows), "xsd:integer")],
            "sg:rowClass": [named(cls)],
            "sg:rejection": [text(f"line {line}: {fault}") for line, _, fault in self.outcome.rejected],
        }
        for curie, terms in said.items():
            gone = self.curated.values(desk.source, named(curie)) - set(terms)
            self.curated.remove(path, NamedNode(desk.source), named(curie), gone)
            for term in terms:
                self.curated.add(path, Triple(NamedNode(desk.source), named(curie), term))

    def _merge(self, record: Record, triples: list[Triple]) -> None:
        iri = record.iri if self.curated.has(record.iri) or not record.owner else record.owner
        path = self.curated.path_of(iri)
        classes = [expand("sg:Entity"), *(content(t.object) for t in triples if t.predicate == _TYPE)]
        single = frozenset[str]().union(*(self.single.get(cls, ()) for cls in classes))
        for triple in sorted(triples, key=str):
            if self._taken_back(triple):
                continue
            there = self._comparable(triple)
            if not there or triple.object in there or triple.predicate.value not in single:
                self.curated.add(path, triple)
            elif self.table_wins:
                self.outcome.differences.append(_difference(triple, there, "the table's value replaces it"))
                self.curated.remove(path, triple.subject, triple.predicate, there)
                self.curated.add(path, triple)
            elif not (record.shared and triple.predicate.value in _PROVENANCE):
                left = "the file's value stays (--table-wins takes the table's)"
                self.outcome.differences.append(_difference(triple, there, left))

    def _taken_back(self, triple: Triple) -> bool:
        """Whether a curator's note says that this is not so, or the triple would change such a note."""
        subject = content(triple.subject)
        value = (subject, triple.predicate.value, triple.object)
        return value in self._corrections or subject in self._corrections.values()

    def _comparable(self, triple: Triple) -> set[Term]:
        """The values that the file has for the triple's property; of texts, those in the same language."""
        there = self.curated.values(content(triple.subject), triple.predicate)
        return {term for term in there if _language(term) == _language(triple.object)}


def _language(term: Term | Triple) -> str | None:
    return term.language if isinstance(term, Literal) else None


def _difference(triple: Triple, there: set[Term], fate: str) -> str:
    property_ = compress(triple.predicate.value) or triple.predicate.value
    held = ", ".join(sorted(_short(term) for term in there))
    said = f"the file says {held}, the table {_short(triple.object)}"
    return f"{content(triple.subject)} {property_}: {said}; {fate}."


def _short(term: Term | Triple) -> str:
    return f"'{term.value}'" if isinstance(term, Literal) else content(term)
