"""The cross-references of diseases, held against MONDO's mappings and OncoTree's codes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loader.curated import Curated
from loader.namespaces import BASE, prefixes
from loader.terms import named
from loader.verify.findings import DIFFERING, MATCHED, UNCOVERED, Finding
from loader.verify.sssom import Mappings, folded

_MONDO, _NCIT, _ONCOTREE = "mondo:", "ncit:", "oncotree:"


@dataclass(frozen=True)
class Disease:
    """One disease and its cross-references: CURIEs in our spelling, each with the property that states it."""

    name: str
    references: tuple[tuple[str, str], ...]

    def codes(self, vocabulary: str) -> list[str]:
        """The CURIEs of one vocabulary, folded."""
        return [folded(curie) for curie, _ in self.references if folded(curie).startswith(vocabulary)]


def stated(curated: Curated) -> list[Disease]:
    """Every disease of the curated files, with its skos:exactMatch and skos:closeMatch."""
    return [
        Disease(
            iri.removeprefix(BASE),
            tuple(
                sorted(
                    (_curie(term.value), what)
                    for what in ("exactMatch", "closeMatch")
                    for term in curated.values(iri, named(f"skos:{what}"))
                )
            ),
        )
        for iri in curated.of_kind("disease")
    ]


def _curie(iri: str) -> str:
    """The CURIE by the longest namespace, also where Turtle could not write it: `icdo:8890/3`."""
    fitting = [(space, prefix) for prefix, space in prefixes().items() if iri.startswith(space)]
    space, prefix = max(fitting, key=lambda pair: len(pair[0]), default=(iri, ""))
    return f"{prefix}:{iri.removeprefix(space)}" if prefix else iri


def verify(diseases: Iterable[Disease], mondo: Mappings, tree: dict[str, set[str]] | None) -> Iterator[Finding]:
    """The findings of each cross-reference; without `tree` OncoTree is not asked."""
    for disease in diseases:
        for curie, what in disease.references:
            if folded(curie).startswith(_MONDO):
                yield _known(disease, curie, what, mondo)
            else:
                yield _mapped(disease, curie, what, mondo)
            if tree is not None and folded(curie).startswith(_ONCOTREE):
                yield from _in_tree(disease, curie, tree)


def _known(disease: Disease, curie: str, what: str, mondo: Mappings) -> Finding:
    """MONDO's own identifier: whether the files map anything from it, and what MONDO calls it."""
    known = folded(curie) in mondo.codes
    detail = f"MONDO calls it {mondo.labels[folded(curie)]!r}" if known else "the files map nothing from it"
    return Finding(disease.name, what, curie, MATCHED if known else UNCOVERED, detail)


def _mapped(disease: Disease, curie: str, what: str, mondo: Mappings) -> Finding:
    def found(fate: str, detail: str) -> Finding:
        return Finding(disease.name, what, curie, fate, detail)

    code = folded(curie)
    if not mondo.has_vocabulary(code):
        return found(UNCOVERED, "no file given maps to this vocabulary")
    ours = disease.codes(_MONDO)
    back = mondo.diseases.get(code, set())
    if not ours:
        return found(UNCOVERED, f"we state no MONDO identifier; MONDO maps it to {_told(back, mondo)}")
    if back & set(ours):
        return found(MATCHED, f"MONDO maps {_told(back & set(ours), mondo)} to it")
    others = {other for each in ours for other in mondo.of_vocabulary(each, code)}
    if others or back:
        theirs = f"MONDO maps {_told(set(ours), mondo)} to {_told(others, mondo)}"
        return found(DIFFERING, f"{theirs}, and {curie} to {_told(back, mondo)}")
    return found(UNCOVERED, "MONDO maps neither our MONDO identifier to this vocabulary nor this code to MONDO")


def _told(curies: Iterable[str], mondo: Mappings) -> str:
    parts = (f"{each} {mondo.labels[each]!r}" if each in mondo.labels else each for each in sorted(curies))
    return ", ".join(parts) or "nothing"


def _in_tree(disease: Disease, curie: str, tree: dict[str, set[str]]) -> Iterator[Finding]:
    """Whether OncoTree has the code, and whether the NCI Thesaurus code that it gives is ours."""
    code = curie.partition(":")[2]
    if code not in tree:
        yield Finding(disease.name, "OncoTree code", curie, DIFFERING, "OncoTree has no such code")
        return
    yield Finding(disease.name, "OncoTree code", curie, MATCHED, "OncoTree has the code")
    ours, theirs = disease.codes(_NCIT), sorted(tree[code])
    if ours and theirs:
        agree = {each.partition(":")[2] for each in ours} & set(theirs)
        fate, detail = (MATCHED if agree else DIFFERING), f"OncoTree gives NCI {', '.join(theirs)}"
    else:
        fate, detail = UNCOVERED, "OncoTree gives no NCI code" if ours else "we state no NCIt code"
    value = f"{curie} = {', '.join(each.upper() for each in ours) or 'none'}"
    yield Finding(disease.name, "OncoTree NCI", value, fate, detail)
