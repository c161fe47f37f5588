"""How triples fall into classes, properties and kinds of object: the figures of a VoID description.

A partition by class holds the triples whose subject is of that class; one by property those with that predicate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyoxigraph import Literal, NamedNode, Quad

from loader.terms import Subject, Term, content, named

Row = tuple[int, int, int]

_ALL = -1  # stands for "of any class or none" where others are numbers of classes
_OF_NONE = (_ALL,)


@dataclass(frozen=True)
class Part:
    """Triples of one property: their number, that of different subjects and objects, and the triples by class and by
    datatype of their object."""

    triples: int
    subjects: int
    objects: int
    classes: Mapping[str, int]
    datatypes: Mapping[str, int]


@dataclass(frozen=True)
class Figures:
    """What a graph holds: its numbers, the instances by class, the properties, and the properties within each class.

    `entities` are the different subjects that are IRIs. `links` counts by class, property and class of the object the
    triples whose object has that class in another graph.
    """

    triples: int
    subjects: int
    objects: int
    entities: int
    classes: Mapping[str, int]
    properties: Mapping[str, Part]
    within: Mapping[str, Mapping[str, Part]]
    links: Mapping[tuple[str, str, str], int]


class Numbered:
    """Quads with a number for each term, so that counting a million of them takes seconds."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        numbers: dict[Term, int] = {}
        number = numbers.setdefault
        graphs: dict[object, list[Row]] = defaultdict(list)
        for subject, predicate, object_, graph in quads:
            row = number(subject, len(numbers)), number(predicate, len(numbers)), number(object_, len(numbers))
            graphs[graph].append(row)
        self._numbers = numbers
        self._terms = list(numbers)
        self.graphs = {content(graph): rows for graph, rows in graphs.items() if isinstance(graph, NamedNode)}
        self.union = set().union(*self.graphs.values())
        self._type = numbers.get(named("rdf:type"), _ALL)
        self._classes = {name: self._classes_of(rows) for name, rows in self.graphs.items()}
        self._homes: dict[int, list[str]] = defaultdict(list)
        for name, classes in self._classes.items():
            for instance in classes:
                self._homes[instance].append(name)

    def __contains__(self, triple: tuple[Subject, NamedNode, Term]) -> bool:
        """Whether any graph holds the triple."""
        return tuple(self._numbers.get(term, _ALL) for term in triple) in self.union

    def triples_of(self, properties: Iterable[NamedNode]) -> Iterator[tuple[Term, Term, Term]]:
        """The different triples of some properties in all graphs."""
        wanted = {self._numbers[this] for this in properties if this in self._numbers}
        return ((self._terms[s], self._terms[p], self._terms[o]) for s, p, o in self.union if p in wanted)

    def figures(self, graph: str) -> Figures:
        """The figures of one graph."""
        rows = self.graphs[graph]
        elsewhere = {o: found for o in {o for _, _, o in rows} if (found := self._classes_elsewhere(o, graph))}
        return self._figures(rows, self._classes[graph], elsewhere)

    def figures_of_union(self) -> Figures:
        """The figures of all graphs together, a triple that stands in several counted once."""
        if len(self.graphs) == 1:
            return self.figures(next(iter(self.graphs)))
        return self._figures(self.union, self._classes_of(self.union), {})

    def _classes_elsewhere(self, instance: int, graph: str) -> set[int]:
        return {c for home in self._homes.get(instance, ()) if home != graph for c in self._classes[home][instance]}

    def _classes_of(self, rows: Iterable[Row]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = defaultdict(set)
        for subject, predicate, object_ in rows:
            if predicate == self._type and isinstance(self._terms[object_], NamedNode):
                found[subject].add(object_)
        return found

    def _figures(
        self, rows: Iterable[Row], classes: Mapping[int, set[int]], elsewhere: Mapping[int, set[int]]
    ) -> Figures:
        of = {instance: (_ALL, *found) for instance, found in classes.items()}
        by_property: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for subject, predicate, object_ in rows:
            by_property[predicate].append((subject, object_))
        within: dict[int, dict[str, Part]] = defaultdict(dict)
        links: Counter[tuple[int, int, int]] = Counter()
        for predicate, pairs in by_property.items():
            for group, part in self._parts(pairs, of):
                within[group][self._name(predicate)] = part
            links.update(
                (c, predicate, d) for s, o in pairs if o in elsewhere for c in of.get(s, ())[1:] for d in elsewhere[o]
            )
        subjects = {subject for pairs in by_property.values() for subject, _ in pairs}
        properties = within.pop(_ALL, {})
        return Figures(
            triples=sum(len(pairs) for pairs in by_property.values()),
            subjects=len(subjects),
            objects=len({object_ for pairs in by_property.values() for _, object_ in pairs}),
            entities=sum(isinstance(self._terms[subject], NamedNode) for subject in subjects),
            classes=self._named(Counter(c for found in classes.values() for c in found)),
            properties=properties,
            within={self._name(group): parts for group, parts in within.items()},
            links={(self._name(c), self._name(p), self._name(d)): n for (c, p, d), n in links.items()},
        )

    def _parts(self, pairs: Sequence[tuple[int, int]], of: Mapping[int, tuple[int, ...]]) -> Iterator[tuple[int, Part]]:
        """The part of each class in the triples of one property, given as subject and object; and that of _ALL."""
        triples = Counter(c for s, _ in pairs for c in of.get(s, _OF_NONE))
        subjects = Counter(c for s in {s for s, _ in pairs} for c in of.get(s, _OF_NONE))
        objects = Counter(c for c, _ in {(c, o) for s, o in pairs for c in of.get(s, _OF_NONE)})
        kinds = self._kinds({o for _, o in pairs}, of)
        found = Counter((c, k) for s, o in pairs if o in kinds for c in of.get(s, _OF_NONE) for k in kinds[o])
        split: dict[int, tuple[dict[str, int], dict[str, int]]] = defaultdict(lambda: ({}, {}))
        for (group, (is_class, kind)), count in found.items():
            split[group][0 if is_class else 1][kind] = count
        for group, count in triples.items():
            yield group, Part(count, subjects[group], objects[group], *split[group])

    def _kinds(self, objects: Iterable[int], of: Mapping[int, tuple[int, ...]]) -> dict[int, list[tuple[bool, str]]]:
        """For each object its classes, marked True, or its datatype, marked False; IRIs without class are left out."""
        kinds = {}
        for this in objects:
            term = self._terms[this]
            if isinstance(term, Literal):
                kinds[this] = [(False, term.datatype.value)]
            elif this in of:
                kinds[this] = [(True, self._name(c)) for c in of[this][1:]]
        return kinds

    def _name(self, number: int) -> str:
        return content(self._terms[number])

    def _named(self, counts: Mapping[int, int]) -> dict[str, int]:
        return {self._name(number): count for number, count in counts.items()}
