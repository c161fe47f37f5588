"""The forms of a cell's value: what text it may be, and the RDF term it becomes.

A form is a name with an optional argument after a colon: `english`, `decimal`, `concept:route`, `entity:drug,therapy`,
`own:arm` (an entity that the same import may make), `node` (an IRI), `curie:UniProt`, `link:https://doi.org/{}`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from decimal import Decimal

from pyoxigraph import NamedNode

from loader.curated import Curated
from loader.derive import span
from loader.errors import RejectedRow
from loader.namespaces import entity, expand, slug
from loader.terms import Term, english, text, typed

_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,18})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_PRECISION = {4: "xsd:gYear", 7: "xsd:gYearMonth", 10: "xsd:date"}


def without_parentheses(value: str) -> str:
    """The text without its parenthesised parts: `triazene (prodrug)` is `triazene`."""
    return _PARENTHESES.sub("", value).strip()


def read(value: str, form: str, column: str, curated: Curated) -> Term:
    """The term of one value. Raises RejectedRow with the column and what was expected."""
    name, _, argument = form.partition(":")
    try:
        return _FORMS[name](value, argument, column, curated)
    except ValueError as error:
        raise RejectedRow(column, f"'{value}' makes no valid link") from error


def whole(value: str, column: str) -> int:
    """A whole number such as 518. Raises RejectedRow."""
    if not _WHOLE.fullmatch(value):
        raise RejectedRow(column, f"'{value}' is no whole number")
    return int(value)


def number(value: str, column: str) -> Decimal:
    """A decimal number such as 0.55. Raises RejectedRow."""
    if not _NUMBER.fullmatch(value):
        raise RejectedRow(column, f"'{value}' is no decimal number such as 0.55")
    return Decimal(value)


def _english(value: str, argument: str, column: str, curated: Curated) -> Term:
    return english(value)


def _text(value: str, argument: str, column: str, curated: Curated) -> Term:
    return text(value)


def _integer(value: str, argument: str, column: str, curated: Curated) -> Term:
    whole(value, column)
    return typed(value, "xsd:integer")


def _decimal(value: str, argument: str, column: str, curated: Curated) -> Term:
    number(value, column)
    return typed(value, "xsd:decimal")


def _boolean(value: str, argument: str, column: str, curated: Curated) -> Term:
    if value not in ("true", "false"):
        raise RejectedRow(column, f"'{value}' is neither true nor false")
    return typed(value, "xsd:boolean")


def _date(value: str, argument: str, column: str, curated: Curated) -> Term:
    if span(value) is None or len(value) not in _PRECISION:
        raise RejectedRow(column, f"'{value}' is no date; write 2015, 2015-10 or 2015-10-23")
    return typed(value, _PRECISION[len(value)])


def _concept(value: str, scheme: str, column: str, curated: Curated) -> Term:
    name = f"{scheme}/{slug(without_parentheses(value))}"
    return _known("concept", name, value, column, curated)


def _entity(value: str, kinds: str, column: str, curated: Curated) -> Term:
    for kind in kinds.split(","):
        iri = entity(kind, slug(value))
        if curated.has(iri):
            return NamedNode(iri)
    return _known(kinds.split(",")[0], slug(value), value, column, curated)


def _own(value: str, kind: str, column: str, curated: Curated) -> Term:
    return NamedNode(entity(kind, slug(value)))


def _either(value: str, kinds: str, column: str, curated: Curated) -> Term:
    names = [entity(kind, slug(value)) for kind in kinds.split(",")]
    return NamedNode(next((iri for iri in names if curated.has(iri)), names[-1]))


def _node(value: str, argument: str, column: str, curated: Curated) -> Term:
    return NamedNode(value)


def _known(kind: str, name: str, value: str, column: str, curated: Curated) -> Term:
    iri = entity(kind, name)
    if curated.has(iri):
        return NamedNode(iri)
    scheme, _, last = name.rpartition("/")
    prefix = entity(kind, f"{scheme}/" if scheme else "")
    near = [i.removeprefix(prefix) for i in curated.of_kind(kind) if i.startswith(prefix)]
    close = difflib.get_close_matches(last, near, n=3)
    hint = f"; did you mean {', '.join(close)}?" if close else ""
    what = f"concept of the scheme {scheme}" if scheme else kind
    raise RejectedRow(column, f"'{value}' is no known {what}{hint}. Correct it, or add it first")


def _curie(value: str, prefix: str, column: str, curated: Curated) -> Term:
    return NamedNode(expand(f"{prefix}:{value.rpartition(':')[2]}"))


def _link(value: str, template: str, column: str, curated: Curated) -> Term:
    return NamedNode(template.replace("{}", value))


_FORMS: dict[str, Callable[[str, str, str, Curated], Term]] = {
    "english": _english,
    "text": _text,
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "date": _date,
    "concept": _concept,
    "entity": _entity,
    "own": _own,
    "either": _either,
    "node": _node,
    "curie": _curie,
    "link": _link,
}
