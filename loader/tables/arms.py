"""What an arm received, read from its name: drugs, comparators, doses; and which arm an outcome row means."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loader.curated import Curated
from loader.errors import RejectedRow
from loader.namespaces import entity
from loader.terms import named

_WORD = re.compile(r"[a-z0-9./-]+")


@dataclass(frozen=True)
class Part:
    """One drug or therapy of an arm, and what follows its name: dose, way and schedule."""

    iri: str
    rest: str

    @property
    def name(self) -> str:
        return self.iri.rpartition("/")[2]


@dataclass(frozen=True)
class Group:
    """An arm as an outcome row names it: the things received, and the words that narrow them (`q3w`)."""

    things: frozenset[str]
    words: frozenset[str]


def parts(curated: Curated, text: str, column: str) -> list[Part]:
    """The parts of an arm such as `doxorubicin 60 mg/m2 + trabectedin 1.1 mg/m2`, in their order.

    Raises RejectedRow for a part that no curated drug or therapy is called.
    """
    return [_part(curated, part.strip(), column) for part in text.split(" + ")]


def _part(curated: Curated, text: str, column: str) -> Part:
    lowered = text.lower()
    for name, iri in sorted(_names(curated).items(), key=lambda pair: -len(pair[0])):
        if lowered == name or lowered.startswith(f"{name} "):
            return Part(iri, text[len(name) :].strip())
    raise RejectedRow(column, f"'{text}' begins with no known drug or therapy. Import the drugs first")


def _names(curated: Curated) -> dict[str, str]:
    found = {}
    for kind in ("drug", "therapy"):
        for iri in curated.of_kind(kind):
            found[curated.label(iri).lower()] = iri
            name = iri.rpartition("/")[2]
            found |= {name: iri, name.replace("-", " "): iri}
    return found


def group(curated: Curated, text: str, column: str) -> Group:
    """The things and the narrowing words of an arm's name in an outcome row."""
    found = parts(curated, text, column)
    return Group(frozenset(part.iri for part in found), _words(" ".join(part.rest for part in found)))


def find_regimen(curated: Curated, drugs: list[Part]) -> str:
    """The slug of the regimen of exactly these drugs, in whatever order; empty where there is none."""
    wanted = {part.iri for part in drugs}
    for iri in curated.of_kind("regimen"):
        if {term.value for term in curated.values(iri, named("sg:hasDrug"))} == wanted:
            return iri.rpartition("/")[2]
    return ""


def received(curated: Curated, arm: str) -> frozenset[str]:
    """The drugs and therapies that an arm received, those of its regimen included."""
    things = {term.value for term in curated.values(arm, named("sg:receives"))}
    for regimen in [iri for iri in things if "/regimen/" in iri]:
        things.remove(regimen)
        things |= {term.value for term in curated.values(regimen, named("sg:hasDrug"))}
    return frozenset(things)


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.lower()))


def find_group(curated: Curated, trial: str, text: str, column: str) -> str:
    """The arm of a trial that an outcome row means: by the set of its drugs, then by its schedule's words.

    Raises RejectedRow where none fits or several do.
    """
    wanted = group(curated, text, column)
    trial_iri = entity("trial", trial)
    arms = sorted(t.value for t in curated.values(trial_iri, named("sg:hasArm")))
    same = [arm for arm in arms if received(curated, arm) == wanted.things]
    narrowed = [arm for arm in same if wanted.words and wanted.words <= _words(curated.label(arm))]
    fitting = same if len(same) == 1 else narrowed
    if len(fitting) == 1:
        return fitting[0]
    state = "more than one arm" if same else "no arm"
    raise RejectedRow(column, f"{state} of {trial} fits '{text}'. Correct the name, or the trial's arms")
