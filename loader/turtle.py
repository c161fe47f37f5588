"""Turtle files, read strictly, with the line on which each statement stands."""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import Any

import rdflib
from pyoxigraph import Literal, RdfFormat, Triple, parse
from rdflib.plugins.parsers.notation3 import RDFSink, SinkParser

from loader.errors import FactError, TurtleError, UnknownPrefixError
from loader.namespaces import BASE, localized, prefixes
from loader.translation import rdflib_triple

_UNKNOWN_PREFIX = re.compile(r"prefix '?([^\s:']*):?'? has not been declared", re.I)
_PLACE = re.compile(r"^Parser error [^:]*: *")


class TurtleFile:
    """One file and what it states: `triples` in the store's terms, `graph` in rdflib's."""

    def __init__(self, path: Path, source: str, triples: tuple[Triple, ...]) -> None:
        self.path = path
        self.source = source
        self.triples = triples

    @cached_property
    def graph(self) -> rdflib.Graph:
        """The triples as an rdflib graph, lexical forms kept."""
        graph = rdflib.Graph()
        for triple in self.triples:
            graph.add(rdflib_triple(triple))
        return graph

    @cached_property
    def _lines(self) -> dict[tuple[str, ...], int]:
        return _positions(self.source)

    def line_of(
        self,
        subject: rdflib.term.Node,
        predicate: rdflib.term.Node | None = None,
        object_: rdflib.term.Node | None = None,
    ) -> int | None:
        """The 1-based line of a statement; else of the subject's property; else of the subject; else None."""
        keys = [str(node) for node in (subject, predicate, object_) if node is not None]
        for length in range(len(keys), 0, -1):
            line = self._lines.get(tuple(keys[:length]))
            if line is not None:
                return line
        return None


def read(path: Path) -> TurtleFile:
    """Read a Turtle file. Raises TurtleError or UnknownPrefixError with file and line."""
    data = path.read_bytes()
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise TurtleError(path, line, None, f"byte {error.start} is not UTF-8") from error
    return parse_text(localized(source), path)


def parse_text(source: str, path: Path) -> TurtleFile:
    """Parse the text of the file `path`. Raises as `read` does."""
    try:
        quads = list(parse(source, format=RdfFormat.TURTLE))
    except SyntaxError as error:
        raise _turtle_error(path, source, error) from error
    except ValueError as error:
        raise TurtleError(path, None, None, str(error)) from error
    if any(_is_later(term) for quad in quads for term in (quad.subject, quad.object)):
        sentence = "it uses a triple term or a text direction of RDF 1.2, which SHACL and these files do not know."
        raise FactError(path, None, f"{sentence} Say it in RDF 1.1: give a statement on a statement a node of its own.")
    return TurtleFile(path, source, tuple(quad.triple for quad in quads))


def _is_later(term: object) -> bool:
    """Whether a term is one that only RDF 1.2 knows."""
    return isinstance(term, Triple) or (isinstance(term, Literal) and term.direction is not None)


def _turtle_error(path: Path, source: str, error: SyntaxError) -> TurtleError | UnknownPrefixError:
    message = str(error.msg)
    unknown = _UNKNOWN_PREFIX.search(message)
    if unknown:
        return UnknownPrefixError(path, error.lineno, unknown[1], prefixes().get(unknown[1]))
    return TurtleError(path, error.lineno, error.offset, _PLACE.sub("", message).rstrip("."))


class _Recorder(SinkParser):
    """rdflib's Turtle parser, noting where each object starts. Sound for rdflib 7.6, which the lock file pins."""

    def __init__(self, source: str) -> None:
        self._graph = rdflib.Graph()
        super().__init__(RDFSink(self._graph), baseURI=BASE, turtle=True)
        self._ends = [match.start() for match in re.finditer("\n", source)]
        self._starts: list[list[int]] = []
        self._ready: list[int] = []
        self.lines_of: dict[tuple[str, ...], int] = {}

    def _line(self, offset: int) -> int:
        return bisect_right(self._ends, offset - 1) + 1

    def object(self, argstr: str, i: int, res: Any) -> int:
        if self._starts:
            start = i
            while start < len(argstr) and argstr[start].isspace():
                start += 1
            self._starts[-1].append(start)
        return super().object(argstr, i, res)

    def objectList(self, argstr: str, i: int, res: Any) -> int:  # noqa: N802 (rdflib's name)
        self._starts.append([])
        end = super().objectList(argstr, i, res)
        self._ready = self._starts.pop()
        return end

    def makeStatement(self, quadruple: Any) -> None:  # noqa: N802 (rdflib's name)
        super().makeStatement(quadruple)
        _, predicate, subject, object_ = quadruple
        line = self._line(self._ready.pop(0)) if self._ready else self.lines + 1
        keys = tuple(str(_plain(node)) for node in (subject, predicate, object_))
        for length in (1, 2, 3):
            self.lines_of.setdefault(keys[:length], line)


def _plain(node: object) -> object:
    """The node that the parser means: it hands on the verb `a` as a pair and numbers as Python's own."""
    return node[1] if isinstance(node, tuple) else node


def _positions(source: str) -> dict[tuple[str, ...], int]:
    recorder = _Recorder(source)
    recorder.startDoc()
    recorder.feed(source.encode("utf-8"))
    recorder.endDoc()
    return recorder.lines_of
