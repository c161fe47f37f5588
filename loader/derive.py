"""What the build adds to the curated graph: the first and last day of each date, and the superclasses.

Dates are as precise as known, and comparing `2015` with `2015-10-23` gives no answer. So a date such as

    <approval/x> sg:decisionDate "2016-01"^^xsd:gYearMonth .

also gets

    <approval/x> sg:decisionDateEarliest "2016-01-01"^^xsd:date ; sg:decisionDateLatest "2016-01-31"^^xsd:date .

and a `sg:LocalTherapy` also is a `sg:Therapy`, so that a query for therapies needs no inference.
"""

from __future__ import annotations

import re
from calendar import monthrange

import rdflib
from rdflib.namespace import RDF, RDFS

from loader.namespaces import expand
from loader.translation import RdflibTriple

DATE_PROPERTIES = (
    "decisionDate",
    "convertedOn",
    "marketWithdrawnOn",
    "withdrawnOn",
    "startDate",
    "primaryCompletionDate",
)
_DATE = re.compile(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?")
_XSD_DATE = rdflib.URIRef(expand("xsd:date"))
_ENTITY = rdflib.URIRef(expand("sg:Entity"))


def derive(graph: rdflib.Graph) -> list[RdflibTriple]:
    """The triples that follow from `graph`, which holds data and ontology; those it has already are left out."""
    return [triple for triple in (*_dates(graph), *_superclasses(graph)) if triple not in graph]


def span(lexical: str) -> tuple[str, str] | None:
    """First and last day of a year, month or day: `2024-02` spans 2024-02-01 to 2024-02-29. None if it is no date."""
    match = _DATE.fullmatch(lexical)
    if not match:
        return None
    year, month, day = (int(part) if part else None for part in match.groups())
    if year is None or year < 1 or (month is not None and not 1 <= month <= 12):
        return None
    last_month = month or 12
    days = monthrange(year, last_month)[1]
    if day is not None and not 1 <= day <= days:
        return None
    return f"{year:04}-{month or 1:02}-{day or 1:02}", f"{year:04}-{last_month:02}-{day or days:02}"


def _dates(graph: rdflib.Graph) -> list[RdflibTriple]:
    found: list[RdflibTriple] = []
    for name in DATE_PROPERTIES:
        for subject, value in graph.subject_objects(rdflib.URIRef(expand(f"sg:{name}"))):
            days = span(str(value))
            for suffix, day in zip(("Earliest", "Latest"), days or (), strict=False):
                property_ = rdflib.URIRef(expand(f"sg:{name}{suffix}"))
                found.append((subject, property_, rdflib.Literal(day, datatype=_XSD_DATE)))
    return found


def _superclasses(graph: rdflib.Graph) -> list[RdflibTriple]:
    prefix = expand("sg:")
    found: list[RdflibTriple] = []
    for cls in sorted(set(graph.subjects(RDFS.subClassOf, None)), key=str):
        if not str(cls).startswith(prefix):
            continue
        above = [
            parent
            for parent in graph.transitive_objects(cls, RDFS.subClassOf)
            if parent is not None and str(parent).startswith(prefix) and parent not in (cls, _ENTITY)
        ]
        found += [(subject, RDF.type, parent) for subject in graph.subjects(RDF.type, cls) for parent in above]
    return found
