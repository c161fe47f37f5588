"""The curated files as a workspace: look entities up, add statements to their files, save what changed."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Triple

from loader import turtle
from loader.canonical import canonical, own_entity
from loader.kinds import KINDS
from loader.namespaces import BASE, owner_of, split_entity
from loader.places import Facts
from loader.terms import Subject, Term, content, named, plain

_LABEL = named("skos:prefLabel")
_INSTEAD = named("sg:insteadOf")
_ON = named("sg:onProperty")


class Curated:
    """Every statement of data/ and ontology/schemes, by file and by subject. Nothing is written before `save`."""

    def __init__(self, places: Facts) -> None:
        self.places = places
        self._files: dict[Path, set[Triple]] = {}
        self._home: dict[str, Path] = {}
        self._about: dict[str, dict[str, set[Term]]] = defaultdict(lambda: defaultdict(set))
        self._touched: set[Path] = set()
        for path in sorted((places.ontology / "schemes").glob("*.ttl")):
            self._index(turtle.read(path).triples)
        for folder in (places.data / "sources", places.data / "curated"):
            for path in sorted(folder.rglob("*.ttl")):
                triples = turtle.read(path).triples
                self._files[path] = set(triples)
                self._index(triples)
                self._home.update({owner_of(content(t.subject)): path for t in triples})

    def _index(self, triples: Iterable[Triple]) -> None:
        for triple in triples:
            self._about[content(triple.subject)][triple.predicate.value].add(plain(triple.object))

    def has(self, iri: str) -> bool:
        """Whether anything is said of the entity."""
        return iri in self._about

    def values(self, iri: str, property_: NamedNode) -> set[Term]:
        """The values of one property of one entity."""
        return self._about[iri][property_.value] if iri in self._about else set()

    def value(self, iri: str, property_: NamedNode) -> str | None:
        """The one value of a property as a string, the first in order where there are several."""
        return min((term.value for term in self.values(iri, property_)), default=None)

    def label(self, iri: str) -> str:
        """The English label of an entity, or its slug."""
        for term in self.values(iri, _LABEL):
            if isinstance(term, Literal) and term.language == "en":
                return term.value
        return iri.rpartition("/")[2]

    def of_kind(self, kind: str) -> list[str]:
        """The IRIs of all entities of a kind, sorted."""
        prefix = f"{BASE}{kind}/"
        return sorted(iri for iri in self._about if iri.startswith(prefix) and "#" not in iri)

    def find(self, kind: str, property_: NamedNode, value: str) -> str | None:
        """The entity of a kind that has this value for a property."""
        for iri in self.of_kind(kind):
            if any(term.value == value for term in self.values(iri, property_)):
                return iri
        return None

    def corrections(self) -> dict[tuple[str, str, Term], str]:
        """Each value that a curator took back, as entity, property and value, and the note that says why."""
        found = {}
        for note, said in self._about.items():
            for value in said.get(_INSTEAD.value, ()):
                for property_ in said[_ON.value]:
                    found[(owner_of(note), property_.value, value)] = note
        return found

    def path_of(self, iri: str) -> Path:
        """The file an entity lives in, or the one that it would get as the head of its own file."""
        owner = owner_of(iri)
        if owner in self._home:
            return self._home[owner]
        kind, slug = split_entity(owner) or ("", "")
        if kind not in KINDS:
            raise ValueError(f"{iri} is no entity's IRI")
        folder = self.places.data / ("sources" if kind == "source" else f"curated/{kind}")
        return folder / f"{slug}.ttl"

    def add(self, path: Path, triple: Triple) -> None:
        """State one triple in a file; nothing where the file says so already."""
        triples = self._files.setdefault(path, set())
        if triple in triples:
            return
        triples.add(triple)
        self._touched.add(path)
        self._index((triple,))
        self._home.setdefault(owner_of(content(triple.subject)), path)

    def remove(self, path: Path, subject: Subject | Triple, property_: NamedNode, values: set[Term]) -> None:
        """Take back these values of one property in a file."""
        if not values:
            return
        said = {t for t in self._files.get(path, ()) if t.subject == subject and t.predicate == property_}
        self._files[path] -= {t for t in said if t.object in values}
        self._about[content(subject)][property_.value] -= values
        self._touched.add(path)

    def save(self) -> list[Path]:
        """Write every touched file in canonical form, each at once or not at all; the files whose text changed."""
        changed = []
        for path in sorted(self._touched):
            text = canonical(self._files[path], own_entity(path))
            if path.exists() and path.read_text(encoding="utf-8") == text:
                continue
            replace(path, text)
            changed.append(path)
        self._touched.clear()
        return changed


def replace(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
