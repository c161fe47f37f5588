"""The first part of an answer that is longer than was asked for, and how it says so."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Protocol, cast

from pyoxigraph import QueryResultsFormat, QuerySolutions, Triple, parse_query_results

_XML = ("application/sparql-results+xml", "application/rdf+xml")
_LINES = ("text/turtle", "application/n-triples", "application/trig", "application/n-quads")


class Capped(Protocol):
    """Where an answer goes that may have to say that it is not complete."""

    def write(self, data: bytes, /) -> int:
        """Take bytes."""

    def flush(self) -> None:
        """All is written."""

    def cap(self, most: int) -> None:
        """Say, before the first byte, that the answer holds `most` rows or triples and there are more."""


def first_triples(triples: Iterable[Triple], most: int) -> tuple[Iterator[Triple], bool]:
    """The first triples, and whether there are more."""
    found = iter(triples)
    held = list(islice(found, most))
    return iter(held), next(found, None) is not None


def first_solutions(answer: QuerySolutions, most: int) -> tuple[QuerySolutions, bool]:
    """The first solutions as an answer of the engine's, and whether there are more.

    The engine's answers cannot be cut, but it reads what it would have written: here, TSV of the first rows.
    """
    solutions = iter(answer)
    header = "\t".join(map(str, answer.variables))
    rows = ("\t".join(map(_cell, solution)) for solution in islice(solutions, most))
    table = "\n".join(chain([header], rows)) + "\n"
    more = next(solutions, None) is not None
    return cast(QuerySolutions, parse_query_results(table.encode(), QueryResultsFormat.TSV)), more


def _cell(term: object) -> str:
    if isinstance(term, Triple):
        return f"<<( {' '.join(map(_cell, term))} )>>"
    text = "" if term is None else str(term)
    if text.startswith("_:") and ":" in text[2:]:  # BNODE("a:b") makes it, and the engine does not read it
        return f"_:x-{text[2:].encode().hex()}"
    return text


class Notice:
    """A binary file that puts a notice into an answer where its format allows one; CSV, TSV and JSON-LD do not.

    JSON has the member `"sarcograph": {"complete": false, "rows": 100}`, XML and the formats in lines a comment.
    """

    def __init__(self, output: Capped, media_type: str, most: int) -> None:
        output.cap(most)
        self._output = output
        self._begun = False
        self._after = b""
        what = ("row" if "sparql-results" in media_type else "triple") + ("s" if most != 1 else "")
        sentence = f"This answer is not complete: it holds {most} {what}, and there are more."
        notice = ""
        if media_type == "application/sparql-results+json":
            self._after = b"{"
            notice = f'"sarcograph":{{"complete":false,"rows":{most}}},'
        elif media_type in _XML:
            self._after = b"?>"
            notice = f"<!-- {sentence} -->"
        elif media_type in _LINES:
            notice = f"# {sentence}\n"
        self._notice = notice.encode()

    def write(self, data: bytes) -> int:
        """Take bytes; the notice stands after the declaration or bracket that an answer of its format begins with."""
        if self._begun:
            return self._output.write(data)
        self._begun = True
        place = data.index(self._after) + len(self._after)
        self._output.write(data[:place] + self._notice + data[place:])
        return len(data)

    def flush(self) -> None:
        """All is written."""
        self._output.flush()
