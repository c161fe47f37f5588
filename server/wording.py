"""The words in which pages show terms of other vocabularies, units, columns, and where identifiers lead.

Our own terms have their labels in the ontology; these are the others.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from loader.kinds import KINDS
from loader.namespaces import BASE, compress, split_entity

_TERMS = {
    "bibo:doi": "DOI",
    "bibo:pmid": "PubMed number",
    "dcat:version": "version",
    "dcterms:identifier": "identifier",
    "dcterms:issued": "issued",
    "dcterms:license": "licence",
    "dcterms:modified": "modified",
    "dcterms:source": "source",
    "dcterms:title": "title",
    "oa:end": "end, in characters",
    "oa:hasSelector": "place in the source",
    "oa:start": "start, in characters",
    "pav:retrievedOn": "retrieved on",
    "rdf:type": "is a",
    "rdfs:comment": "note",
    "rdfs:seeAlso": "see also",
    "skos:altLabel": "also called",
    "skos:broader": "broader",
    "skos:closeMatch": "nearly the same as",
    "skos:definition": "definition",
    "skos:exactMatch": "the same as",
    "skos:inScheme": "in scheme",
    "skos:prefLabel": "name",
    "skos:Concept": "concept",
    "skos:ConceptScheme": "concept scheme",
}

# What heads a page's table of statements, in this order; the others follow by their labels.
FIRST = (
    "skos:altLabel",
    "skos:definition",
    "sg:statement",
    "oa:start",
    "oa:end",
    "sg:verdict",
    "sg:verdictNote",
    "sg:mechanismSummary",
    "dcterms:title",
    "sg:firstAuthor",
    "sg:journal",
    "sg:year",
    "sg:endpoint",
    "sg:measure",
    "sg:value",
    "sg:unit",
    "sg:ciLower",
    "sg:ciUpper",
    "sg:ciLevel",
    "sg:pValueOperator",
    "sg:pValue",
    "sg:approves",
    "sg:agency",
    "sg:decisionDate",
)

UNITS = {
    "http://qudt.org/vocab/unit/MO": "months",
    "http://qudt.org/vocab/unit/WK": "weeks",
    "http://qudt.org/vocab/unit/PERCENT": "%",
    "http://qudt.org/vocab/unit/UNITLESS": "",
}

_HEADINGS = {
    "approvalStatus": "status",
    "comment": "note",
    "comparatorValue": "comparator",
    "standing": "in force?",
    "endpointMet": "met",
    "enrolled": "enrolled",
    "endpointRole": "role",
    "entity": "name",
    "indicationText": "indication",
    "mechanismSummary": "how it acts",
    "item": "what it shows",
    "narrower": "name",
    "participants": "in whom",
    "receives": "received",
    "statusNote": "note on status",
    "verdictNote": "why",
    "meaning": "what it means",
}

_SAID = {  # what a value says where its column is not named
    ("endpointMet", "yes"): "met",
    ("endpointMet", "no"): "not met",
}

_TOPIC = re.compile(r"ontology|shapes|prefixes|graph/[^?]+|release/[^/?]+|\.well-known/[^?]+")
_IN_FRAGMENT = "/:@!$&'()*+,;=?-._~"

_PLACES = {
    "bibo:doi": (r"10\.\S+", "https://doi.org/{}"),
    "bibo:pmid": (r"\d+", "https://pubmed.ncbi.nlm.nih.gov/{}/"),
    "sg:pmcid": (r"PMC\d+", "https://pmc.ncbi.nlm.nih.gov/articles/{}/"),
    "sg:registryId": (r"NCT\d{8}", "https://clinicaltrials.gov/study/{}"),
}


def heading(column: str) -> str:
    """What stands above a column of a panel: `decisionDate` is "decision date"."""
    return _HEADINGS.get(column) or spaced(column)


def said(column: str, label: str) -> str:
    """What a value says where its column is not named: endpoint met "no" is "not met"."""
    return _SAID.get((column, label), label)


def spaced(name: str) -> str:
    """A name in camel case as words."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r" \1", name).replace("_", " ").lower()


def term(iri: str) -> str:
    """The name of a property or class that no label of the graph names."""
    curie = compress(iri)
    if curie is None:
        return iri
    return _TERMS.get(curie) or spaced(curie.partition(":")[2])


def place(property_iri: str, identifier: str) -> str | None:
    """The web page that an identifier leads to, such as a DOI's, or None."""
    pattern, address = _PLACES.get(compress(property_iri) or "", ("", ""))
    if not address or not re.fullmatch(pattern, identifier):
        return None
    return address.format(quote(identifier, safe="/"))


@lru_cache(maxsize=8192)
def path(iri: str) -> str | None:
    """Our page of an entity, with its fragment: `/drug/trabectedin.html`. None where we have no page of it."""
    whole, _, fragment = iri.partition("#")
    found = split_entity(whole)
    if found is None or found[0] not in KINDS:
        return None
    return f"/{quote(found[0])}/{quote(found[1])}.html{f'#{quote(fragment)}' if fragment else ''}"


@lru_cache(maxsize=8192)
def _topic(iri: str) -> str | None:
    """Our page of what is no entity, with its fragment: `/ontology.html#Drug`."""
    whole, _, fragment = iri.removeprefix(BASE).partition("#")
    if not _TOPIC.fullmatch(whole):
        return None
    return f"/{quote(whole)}.html{f'#{quote(fragment, safe=_IN_FRAGMENT)}' if fragment else ''}"


def href(iri: str) -> str | None:
    """Where a link on an IRI leads: our own page of it, or itself on the web, or nowhere."""
    if iri.startswith(BASE):
        return path(iri) or _topic(iri)
    return iri if iri.startswith(("https://", "http://")) else None


@lru_cache(maxsize=8192)
def name(iri: str) -> str:
    """What an IRI without a label is called: a unit's word, our path, a CURIE, or the IRI itself."""
    if iri in UNITS:
        return UNITS[iri] or "no unit"
    curie = compress(iri)
    return _TERMS.get(curie or "") or curie or (iri.removeprefix(BASE) if path(iri) else iri)


def listed(text: str) -> list[str]:
    """The items of a text that names several: between semicolons, but not those within parentheses.

    `a (tablet; oral); b` is `a (tablet; oral)` and `b`.
    """
    items, depth, begin = [], 0, 0
    for place, character in enumerate(text):
        depth = max(0, depth + {"(": 1, ")": -1}.get(character, 0))
        if character == ";" and not depth:
            items.append(text[begin:place].strip())
            begin = place + 1
    items.append(text[begin:].strip())
    return [item for item in items if item]
