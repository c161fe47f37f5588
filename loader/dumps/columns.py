"""The entities of a kind as a table: a row for each, a column for each property, typed as far as all values allow.

A property's column bears its local name. Where its values have names in the release, `…_label` beside it holds them,
one for one. What an entity's part says stands in columns of its own: `hasSelector_start` is the `oa:start` of the part
that `hasSelector` names. The last columns say how far a row can be trusted: `confidence` and `source` hold for all of
it; `recalled` names the columns of it whose values come from memory; `notes` holds what curators note of columns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from pyoxigraph import Literal, NamedNode, Triple

from loader.dumps.content import LABEL, TYPE, Content
from loader.kinds import Kind
from loader.namespaces import compress, expand, owner_of
from loader.terms import content

LINK, TEXT = "link", expand("xsd:string")
INTEGER, DECIMAL, BOOLEAN, DATE = (expand(f"xsd:{name}") for name in ("integer", "decimal", "boolean", "date"))
# What a value of each type may look like, so that every reader of a table can hold it.
_FORMS = {
    INTEGER: re.compile(r"[+-]?\d{1,18}"),
    DECIMAL: re.compile(r"[+-]?\d{1,18}(?:\.\d{1,10})?|[+-]?\.\d{1,10}"),
    BOOLEAN: re.compile(r"true|false"),
    DATE: re.compile(r"\d{4}-\d\d-\d\d"),
    expand("xsd:gYear"): re.compile(r"\d{4}"),
}
_SEPARATORS = ("|", "¦", "‖", "\x1f")
_CONFIDENCE, _SOURCE, _SEEN = expand("sg:confidence"), expand("dcterms:source"), expand("sg:seenIn")
_ON, _COMMENT = expand("sg:onProperty"), expand("rdfs:comment")
_TRUST = (_CONFIDENCE, _SOURCE, _SEEN)
_DERIVED = ("Earliest", "Latest")

Key = tuple[str, str | None, str | None]  # a property, that of the part it leads to if any, the language of the values


@dataclass(frozen=True)
class Column:
    """A column: `states` is the IRI of the property that its values are of, None where no statement is behind it;
    `type` LINK or the IRI of a datatype; `many` whether a row may have several values; `part` the column that names
    what the values are of, where that is not the row's entity. `cells` are the values of each row, in order."""

    name: str
    about: str
    cells: Sequence[Sequence[str]]
    states: str | None = None
    type: str = TEXT
    language: str | None = None
    many: bool = False
    part: str | None = None

    @property
    def separator(self) -> str:
        """What stands between several values: the first of a few that no value holds."""
        return next(each for each in _SEPARATORS if not any(each in value for cell in self.cells for value in cell))


@dataclass(frozen=True)
class Table:
    """The entities of a kind: their IRIs, and columns with a cell for each of them."""

    kind: Kind
    ids: Sequence[str]
    columns: Sequence[Column]


@dataclass
class _Row:
    """What one entity says, and what notes say of its properties."""

    iri: str
    values: dict[Key, list[NamedNode | Literal]] = field(default_factory=lambda: defaultdict(list))
    recalled: set[str] = field(default_factory=set)
    notes: list[tuple[str, str, str]] = field(default_factory=list)  # property, confidence, comment


def table(held: Content, kind: Kind) -> Table:
    """The table of a kind. Entities without a class are in it, such as those withdrawn; things of other classes are
    not, such as the schemes of concepts."""
    cls = expand(kind.cls)
    rows = []
    for iri, triples in held.entities[kind.path].items():
        types = [content(each.object) for each in triples if content(each.subject) == iri and _is_type(each)]
        if cls in types or not types:
            rows.append(_row(iri, triples))
    return Table(kind, [row.iri for row in rows], list(_columns(held, kind, rows)))


def _is_type(triple: Triple) -> bool:
    return triple.predicate.value == TYPE


def _row(iri: str, triples: Sequence[Triple]) -> _Row:
    row = _Row(iri)
    parts: dict[str, list[Triple]] = defaultdict(list)
    for triple in triples:
        parts[content(triple.subject)].append(triple)
    for _, predicate, value in parts.pop(iri, ()):
        _add(row, predicate.value, None, value)
        if isinstance(value, NamedNode) and value.value != iri and owner_of(value.value) == iri:
            for _, inner, part_value in parts.get(value.value, ()):
                _add(row, predicate.value, inner.value, part_value)
    for part in parts.values():
        _note(row, {triple.predicate.value: content(triple.object) for triple in part})
    return row


def _add(row: _Row, property_: str, inner: str | None, value: object) -> None:
    assert isinstance(value, NamedNode | Literal)
    if inner != TYPE:
        language = value.language if isinstance(value, Literal) else None
        row.values[property_, inner, language].append(value)


def _note(row: _Row, said: dict[str, str]) -> None:
    if _ON in said:
        confidence = said.get(_CONFIDENCE, "").rpartition("/")[2]
        row.notes.append((said[_ON], confidence, said.get(_COMMENT, "")))
        if confidence == "recalled":
            row.recalled |= {said[_ON], *(said[_ON] + derived for derived in _DERIVED)}


def _columns(held: Content, kind: Kind, rows: Sequence[_Row]) -> Iterator[Column]:
    keys = {key for row in rows for key in row.values}
    keys |= {(property_, None, None) for property_ in _TRUST[:2]}
    names = _names(keys)
    single = held.single_valued(kind)
    for key in sorted(keys, key=lambda key: _place(key, names[key])):
        column = _column(held, rows, key, names, single)
        yield column
        labels = [[held.labels.get(value, "") for value in cell] for cell in column.cells]
        if column.type == LINK and any(any(cell) for cell in labels):
            told = [
                [label or compress(iri) or iri for label, iri in zip(*both, strict=True)]
                for both in zip(labels, column.cells, strict=True)
            ]
            about = f"What the values of {column.name} are called, one for one."
            yield Column(f"{column.name}_label", about, told, many=column.many)
    yield from _notes(rows, names)


def _place(key: Key, name: str) -> tuple[int, str, str]:
    """Where a column stands: its name first, what tells of trust and the classes last."""
    first = {LABEL: -1, **{property_: 1 + place for place, property_ in enumerate((*_TRUST, TYPE))}}
    return first.get(key[0], 0), name.lower(), name


def _names(keys: Set[Key]) -> dict[Key, str]:
    """The columns' names: local names, with the prefix or the language before or behind those that are not alone."""
    found: dict[Key, str] = {}
    words = {word for property_, inner, _ in keys for word in (property_, inner) if word}
    doubled = [_local(word) for word in words]
    for key in keys:
        property_, inner, language = key
        word = "_".join(_local(each, doubled.count(_local(each)) > 1) for each in (property_, inner) if each)
        alone = language is None or (language == "en" and (property_, inner, None) not in keys)
        found[key] = word if alone else f"{word}_{re.sub('[^A-Za-z0-9]', '_', language or '')}"
    return found


def _local(iri: str, doubled: bool = False) -> str:
    curie = compress(iri)
    word = curie.partition(":")[2] if curie and not doubled else curie or iri
    return re.sub(r"[^A-Za-z0-9]+", "_", word).strip("_")


def _column(held: Content, rows: Sequence[_Row], key: Key, names: dict[Key, str], single: frozenset[str]) -> Column:
    property_, inner, language = key
    values = [row.values.get(key, []) for row in rows]
    cells = [sorted({value.value for value in cell}) for cell in values]
    several = inner is None and not _is_single(property_, single)
    word = inner or property_
    about = held.definitions.get(word) or held.labels.get(word) or compress(word) or word
    return Column(
        names[key],
        about,
        cells,
        word,
        _type(property_, [value for cell in values for value in cell]),
        language,
        several or any(len(cell) > 1 for cell in cells),
        names[property_, None, None] if inner else None,
    )


def _is_single(property_: str, single: frozenset[str]) -> bool:
    """Whether shapes allow one value only, of the property or of that which it is derived from."""
    return any(property_.removesuffix(suffix) in single for suffix in ("", *_DERIVED))


def _type(property_: str, values: Sequence[NamedNode | Literal]) -> str:
    """The type that all values have and every reader can hold; text where there is no such."""
    if not values:
        return LINK if property_ in _TRUST else TEXT
    if all(isinstance(value, NamedNode) for value in values):
        return LINK
    types = {value.datatype.value for value in values if isinstance(value, Literal)}
    form = _FORMS.get(min(types))
    fits = len(types) == 1 and form and all(_fits(value, min(types), form) for value in values)
    return min(types) if fits else TEXT


def _fits(value: NamedNode | Literal, datatype: str, form: re.Pattern[str]) -> bool:
    if not isinstance(value, Literal) or not form.fullmatch(value.value):
        return False
    if datatype == DATE:
        try:
            date.fromisoformat(value.value)
        except ValueError:
            return False
    return True


def _notes(rows: Sequence[_Row], names: dict[Key, str]) -> Iterator[Column]:
    def name(property_: str) -> str:
        return names.get((property_, None, None)) or names.get((property_, None, "en")) or _local(property_)

    stated = [{key[0] for key in row.values} for row in rows]
    recalled = [
        sorted({name(each) for each in row.recalled if each in said or not each.endswith(_DERIVED)})
        for row, said in zip(rows, stated, strict=True)
    ]
    notes = [sorted(": ".join(part for part in (name(on), *said) if part) for on, *said in row.notes) for row in rows]
    yield Column("recalled", _RECALLED, recalled, many=True)
    yield Column("notes", _NOTES, notes, many=True)


_NOTES = "What curators note of a column: its name, how sure the value is, and a remark."
_RECALLED = (
    "The columns whose values in this row come from memory and wait for a curator. Those values are not verified, "
    "whatever confidence says of the row as a whole."
)
