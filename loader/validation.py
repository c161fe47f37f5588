"""Validation: do the facts hold to the shapes and the checks, and where not, what is wrong and where?

The only module that imports pySHACL. It hands pySHACL parsed graphs only: a text or an address would be opened or
fetched. No imports, no inference, no rules, no scripts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import rdflib
from pyshacl import validate as judge
from pyshacl.errors import ReportableRuntimeError
from rdflib.namespace import RDF, SH

from loader import checks as queries
from loader.checks import Place
from loader.lint import lint
from loader.report import VIOLATION, WARNING, Fault, Report, quoted, short

__all__ = ["Fault", "Locate", "Report", "lint", "single_valued", "validate"]

Locate = Callable[[rdflib.term.Node, rdflib.term.Node | None, rdflib.term.Node | None], tuple[Path, int] | None]

_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)
_TOLD = (SH.name, SH.description, SH.message, SH.severity)
_PAIRS = (SH.lessThan, SH.lessThanOrEquals, SH.disjoint, SH.equals)
_COUNTS = (
    SH.MinCountConstraintComponent,
    SH.MaxCountConstraintComponent,
    SH.QualifiedMinCountConstraintComponent,
    SH.UniqueLangConstraintComponent,
)
_KIND = (SH.DatatypeConstraintComponent, SH.NodeConstraintComponent, SH.NodeKindConstraintComponent)


def validate(data: rdflib.Graph, shapes: rdflib.Graph, checks: Sequence[Path], locate: Locate) -> Report:
    """The report on `data`: everything that is stated or derived, with ontology and schemes.

    One fault for each SHACL result and each row of a check. `locate` tells file and line of a statement. Where a
    shape has a fault at a statement already, a check says nothing more of it.
    """
    found = list(_shape_faults(data, shapes))
    told = {(fault.entity, fault.property, fault.value) for fault, _ in found}
    rows = queries.run(checks, data)
    found += [row for row in rows if (row[0].entity, row[0].property, row[0].value) not in told]
    return Report(tuple(_placed(fault, place, locate) for fault, place in found))


def single_valued(shapes: rdflib.Graph) -> dict[str, frozenset[str]]:
    """The single-valued properties of each class, as its shapes declare them: IRI of the class to IRIs of properties.

    Single-valued is a property with `sh:maxCount 1`, and one with `sh:uniqueLang true`: one value in each language.
    Those of all entities stand under the IRI of sg:Entity.
    """
    found: dict[str, set[str]] = {}
    for shape, cls in shapes.subject_objects(SH.targetClass):
        for part in shapes.objects(shape, SH.property):
            single = str(shapes.value(part, SH.maxCount)) == "1" or str(shapes.value(part, SH.uniqueLang)) == "true"
            path = shapes.value(part, SH.path)
            if single and isinstance(path, rdflib.URIRef):
                found.setdefault(str(cls), set()).add(str(path))
    return {cls: frozenset(paths) for cls, paths in found.items()}


def _shape_faults(data: rdflib.Graph, shapes: rdflib.Graph) -> Iterator[tuple[Fault, Place]]:
    """One fault for each result of the report; results nested in another as its details are not told again."""
    normalizing = rdflib.NORMALIZE_LITERALS
    try:
        _, report, _ = judge(data, shacl_graph=_flat(shapes), inference="none", advanced=False, js=False)
    except ReportableRuntimeError as error:
        report = error
    finally:
        # pySHACL leaves this switched on for the whole process: "0.50" would be read as "0.5" from then on.
        rdflib.NORMALIZE_LITERALS = normalizing
    if not isinstance(report, rdflib.Graph):
        yield _unusable(report)
        return
    for root in report.subjects(RDF.type, SH.ValidationReport):
        for result in report.objects(root, SH.result):
            yield _fault(result, report, data, shapes)


def _flat(shapes: rdflib.Graph) -> rdflib.Graph:
    """The same constraints in the form that pySHACL judges fastest: each property shape with the targets of its class.

    pySHACL judges a shape with targets once for all its nodes, but a shape inside another once for each node, and
    each time reads everything that is said of it: so what people read is left out. The results are the same.
    """
    flat = rdflib.Graph()
    for subject, predicate, object_ in shapes:
        targets = []
        if predicate == SH.property and (subject, SH.deactivated, None) not in shapes:
            targets = [(target, of) for target in _TARGETS for of in shapes.objects(subject, target)]
        for target, of in targets:
            flat.add((object_, target, of))
        if not targets and predicate not in _TOLD:
            flat.add((subject, predicate, object_))
    return flat


def _fault(
    result: rdflib.term.Node, report: rdflib.Graph, data: rdflib.Graph, shapes: rdflib.Graph
) -> tuple[Fault, Place]:
    shape, focus, path, value, component = (
        report.value(result, part)
        for part in (SH.sourceShape, SH.focusNode, SH.resultPath, SH.value, SH.sourceConstraintComponent)
    )
    assert shape is not None and focus is not None and component is not None
    messages = sorted(str(message) for message in shapes.objects(shape, SH.message))
    fault = Fault(
        VIOLATION if shapes.value(shape, SH.severity) in (None, SH.Violation) else WARNING,
        str(shape),
        str(focus),
        None if path is None else str(path),
        None if value is None or path is None else str(value),
        " ".join([*messages, *_found(component, (focus, path, value), shape, data, shapes)]),
    )
    return fault, (focus, path, value)


def _found(
    component: rdflib.term.Node, place: Place, shape: rdflib.term.Node, data: rdflib.Graph, shapes: rdflib.Graph
) -> Iterable[str]:
    """What stands in the data, as a sentence to follow the shape's message; none where the message says it all."""
    focus, path, value = place
    if component in _COUNTS:
        held = sorted(quoted(value) for value in data.objects(focus, path))
        both = (shape, SH.maxCount, None) in shapes
        return [f"Found {'; '.join(held) or 'none'}."] if held or both else []
    # The name of a blank node is the parser's, not the curator's.
    if value is None or isinstance(value, rdflib.BNode) or component == SH.NotConstraintComponent:
        return []
    if component == SH.ClassConstraintComponent:
        return [f"Found {quoted(value)}, {_classes(value, data)}."]
    if component in _KIND and isinstance(value, rdflib.Literal) and not value.language:
        return [f"Found {quoted(value)} ({short(str(value.datatype)) if value.datatype else 'plain text'})."]
    others = [other for pair in _PAIRS for other in shapes.objects(shape, pair)]
    beside = [f"{short(str(other))} {quoted(held)}" for other in others for held in data.objects(focus, other)]
    return [f"Found {' beside '.join([quoted(value), *beside])}."]


def _classes(value: rdflib.term.Node, data: rdflib.Graph) -> str:
    classes = sorted(short(str(cls)) for cls in data.objects(value, RDF.type))
    return f"which is a {' and '.join(classes)}" if classes else "which nothing describes"


def _unusable(error: object) -> tuple[Fault, Place]:
    name = "the shapes"
    message = f"They cannot be used: {' '.join(str(error).split())}. Correct them: until then nothing is checked."
    return Fault(VIOLATION, name, name, None, None, message), (rdflib.URIRef(""), None, None)


def _placed(fault: Fault, place: Place, locate: Locate) -> Fault:
    """The fault with the position of its statement; else of its property, as far as stated; else of its entity."""
    if fault.path:
        return fault
    subject, predicate, object_ = place
    where = locate(subject, predicate, object_) or locate(subject, predicate, None) or locate(subject, None, None)
    if where is None:
        return fault
    path, line = where
    return Fault(
        fault.severity, fault.shape, fault.entity, fault.property, fault.value, fault.message, path=path, line=line
    )
