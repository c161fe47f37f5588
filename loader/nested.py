"""Turtle for people of graphs that hold blank nodes, as ontologies and shapes do: each is written where it is used.

    shapes:Drug-mechanismSummary sh:languageIn ( "en" ) ; sh:or ( [ sh:class sg:Drug ] [ sh:class sg:Therapy ] ) .

All else is as in the canonical form of data files.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from pyoxigraph import BlankNode, NamedNode, Triple

from loader import canonical
from loader.namespaces import expand
from loader.terms import Term, content

_FIRST, _REST, _NIL = (expand(f"rdf:{name}") for name in ("first", "rest", "nil"))
_DEEPEST = 50  # brackets in brackets

Properties = Mapping[str, list[Term]]


def nested(triples: Iterable[Triple], first: str | None = None) -> str:
    """The text of a graph; the subject `first` (an IRI) leads.

    Raises ValueError where a blank node is the value of no statement or of several, or is nested too deeply.
    """
    held: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    stated = []
    for triple in triples:
        if isinstance(triple.object, Triple):
            raise ValueError("a triple is a value")
        if isinstance(triple.subject, BlankNode):
            held[triple.subject.value][triple.predicate.value].append(triple.object)
        else:
            stated.append(triple)
    writer = _Nodes(held)
    text = canonical.written(stated, first, writer.write)
    if held:
        raise ValueError(f"{len(held)} blank nodes are no values of a statement that is written")
    return text


class _Nodes:
    """Writes blank nodes in place; each is taken out of `held` when it is written."""

    def __init__(self, held: dict[str, dict[str, list[Term]]]) -> None:
        self._held = held
        self._depth = 0

    def write(self, node: BlankNode, plain: canonical.Write) -> str:
        """A node with all that is stated of it. `plain` writes any term."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("blank nodes are nested too deeply")
        said = self._take(node)
        if set(said) == {_FIRST, _REST}:
            text = f"( {' '.join(plain(member) for member in self._members(said))} )"
        else:
            parts = (
                f"{plain(NamedNode(predicate))} {', '.join(sorted(map(plain, values)))}"
                for predicate, values in sorted(said.items())
            )
            text = f"[ {' ; '.join(parts)} ]"
        self._depth -= 1
        return text

    def _take(self, node: Term) -> Properties:
        if not isinstance(node, BlankNode) or node.value not in self._held:
            raise ValueError(f"{content(node)} is the value of several statements, or nothing is stated of it")
        return self._held.pop(node.value)

    def _members(self, said: Properties) -> Iterator[Term]:
        while True:
            if len(said[_FIRST]) != 1 or len(said[_REST]) != 1 or set(said) != {_FIRST, _REST}:
                raise ValueError("a list is not as it should be")
            yield said[_FIRST][0]
            rest = said[_REST][0]
            if isinstance(rest, NamedNode) and rest.value == _NIL:
                return
            said = self._take(rest)
