"""The query files: what each asks, what may be put into it, and how values are bound without being pasted.

A file begins with comments of its own kind:

    #+ summary: Which approvals a drug has
    #+ parameters: entity=<https://w3id.org/sarcograph/drug/trabectedin> the drug
    #+ keywords: drug, approval

and holds, for each parameter, one line `VALUES ?entity { <https://w3id.org/sarcograph/drug/trabectedin> }`. With this
default the file runs as it stands; bind() puts other values into that line and touches nothing else.

A query that is a panel of a page has further headers: `title`; `kinds`, where entities of several kinds have it;
`group`, the columns that runs of rows have in common, the first their key; `note`, what to know before reading it;
`empty: hidden`, where an empty answer needs no "not curated".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from loader.errors import QueryFileError, UnsafeValueError
from loader.metadata import Example
from loader.namespaces import localized

FOLDER = Path(__file__).with_name("queries")

Term = NamedNode | Literal

_HEADER = re.compile(r"^#\+ (\w+):[ \t]*(.+?)\s*$", re.M)
_PARAMETER = re.compile(r"(\w+)=(<[^<>\s]*>|\"(?:[^\"\\]|\\.)*\"(?:@[\w-]+)?|[a-z]\w*:\w+)")
_FORBIDDEN_IN_IRI = re.compile(r"[\x00-\x20<>\"{}|\\^`]")


@dataclass(frozen=True)
class Query:
    """One query file. `name` is its path without suffix, such as `target/drugs`; `parameters` name to default."""

    name: str
    summary: str
    parameters: Mapping[str, str]
    keywords: tuple[str, ...]
    text: str
    title: str = ""
    kinds: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    note: str | None = None
    hidden_when_empty: bool = False

    def bind(self, **terms: Term | Iterable[Term]) -> Query:
        """The same query with other values for its parameters: one term, or several.

        `query.bind(entity=iri("https://w3id.org/sarcograph/drug/eribulin"))` makes its line
        `VALUES ?entity { <https://w3id.org/sarcograph/drug/eribulin> }`.
        """
        text = self.text
        for name, value in terms.items():
            if name not in self.parameters:
                raise QueryFileError(self.name, f"it has no parameter {name}", ", ".join(self.parameters) or "none")
            several = (value,) if isinstance(value, NamedNode | Literal) else tuple(value)
            line = f"VALUES ?{name} {{ {' '.join(str(term) for term in several)} }}"
            text = _line_of(name).sub(lambda match, line=line: match[1] + line, text)  # type: ignore[misc]
        return replace(self, text=text)

    @property
    def href(self) -> str:
        """The page of the endpoint where a reader sees this query and its answer, and may change it."""
        return f"/sparql?query={quote(self.text, safe='')}"


def iri(value: str) -> NamedNode:
    """An IRI that is safe to put into a query. Raises UnsafeValueError for what is none."""
    if _FORBIDDEN_IN_IRI.search(value) or ":" not in value:
        raise UnsafeValueError(value)
    try:
        return NamedNode(value)
    except ValueError as error:
        raise UnsafeValueError(value) from error


def text(value: str, language: str | None = None) -> Literal:
    """A literal that is safe to put into a query, whatever its characters."""
    return Literal(value, language=language)


def _line_of(parameter: str) -> re.Pattern[str]:
    return re.compile(rf"^([ \t]*)VALUES \?{re.escape(parameter)} \{{[^\n]*\}}[ \t]*$", re.M)


@cache
def read(name: str) -> Query:
    """The query file `server/queries/{name}.rq`. Raises QueryFileError where its headers or lines are not in order."""
    source = localized((FOLDER / f"{name}.rq").read_text(encoding="utf-8"))
    headers = {match[1]: match[2] for match in _HEADER.finditer(source)}
    parameters = {match[1]: match[2] for match in _PARAMETER.finditer(headers.get("parameters", ""))}
    if "summary" not in headers or "keywords" not in headers:
        raise QueryFileError(name, "a header is missing", "'#+ summary:' and '#+ keywords:'")
    for parameter in parameters:
        if len(_line_of(parameter).findall(source)) != 1:
            raise QueryFileError(name, f"no single line binds {parameter}", f"'VALUES ?{parameter} {{ … }}' once")
    return Query(
        name=name,
        summary=headers["summary"],
        parameters=parameters,
        keywords=_words(headers["keywords"]),
        text=source[_end_of_headers(source) :].strip() + "\n",
        title=headers.get("title", ""),
        kinds=_words(headers.get("kinds", "")),
        group=_words(headers.get("group", "")),
        note=headers.get("note"),
        hidden_when_empty=headers.get("empty") == "hidden",
    )


def _words(listed: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in listed.split(",") if word.strip())


def _end_of_headers(source: str) -> int:
    return max((match.end() for match in _HEADER.finditer(source)), default=0)


@cache
def names(folder: str) -> tuple[str, ...]:
    """The names of the queries in one folder, such as `target/drugs` in `target`; none where it is not there."""
    return tuple(sorted(f"{folder}/{path.stem}" for path in (FOLDER / folder).glob("*.rq")))


@cache
def panels_of(kind: str) -> tuple[Query, ...]:
    """The panels of the pages of one kind: the files in its folder, and those of all entities that name the kind."""
    shared = (read(name) for name in names("entity"))
    return (*(query for query in shared if kind in query.kinds), *(read(name) for name in names(kind)))


def examples() -> tuple[Query, ...]:
    """The example queries; the name of each is its question in words."""
    return tuple(read(name) for name in names("examples"))


def published_examples() -> Iterator[Example]:
    """The example queries as a release carries them."""
    for query in examples():
        yield Example(query.name.partition("/")[2], query.summary, query.keywords, query.text)
