"""An entity in the words of schema.org, which search engines read: a block of data in its page.

    <script type="application/ld+json">{"@context": "https://schema.org", "@type": "Drug", "name": "trabectedin", …}

Only what our words mean as well is said in theirs. A verdict of ours on a claim is no ClaimReview, an interval no
range, who markets a product not its manufacturer: these are left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from markupsafe import Markup

from loader.namespaces import BASE, entity
from loader.void import LICENCE
from server.entity_page import EntityPage
from server.panels import Cell

_TEXT = "text"  # a value as its words; any other form is the class of the thing that the value is
_ANY = "Thing"

# The class of each kind; what is not here is a Thing.
_CLASSES = {
    "therapy": "MedicalTherapy",
    "regimen": "MedicalTherapy",
    "drug": "Drug",
    "product": "Product",
    "disease": "MedicalCondition",
    "approval": "DrugLegalStatus",
    "agency": "GovernmentOrganization",
    "trial": "MedicalTrial",
    "result": "Observation",
    "publication": "CreativeWork",
    "source": "Dataset",
    "claim": "Claim",
    "recommendation": "MedicalGuidelineRecommendation",
    "concept": "DefinedTerm",
}
_ARTICLES = [
    entity("concept", f"publication-type/{name}")
    for name in (
        "primary-trial-report",
        "final-os-report",
        "subgroup-analysis",
        "subgroup-report",
        "comparative-analysis",
        "review",
        "staging-study",
    )
]
_NUMBER = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,15})?")

# Property of schema.org: ours, and the form of its values.
_EVERY = {
    "alternateName": ("skos:altLabel", _TEXT),
    "description": ("skos:definition", _TEXT),
    "sameAs": ("skos:exactMatch", "iri"),
}
_OF_KIND: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "regimen": {"drug": ("sg:hasDrug", "Drug")},
    "drug": {
        "mechanismOfAction": ("sg:mechanismSummary", _TEXT),
        "administrationRoute": ("sg:route", _TEXT),
        "drugClass": ("sg:drugClass", "DrugClass"),
    },
    "approval": {"description": ("sg:indicationText", _TEXT)},
    "agency": {"areaServed": ("sg:jurisdiction", _TEXT)},
    "trial": {
        "alternateName": ("sg:acronym", _TEXT),
        "identifier": ("sg:registryId", _TEXT),
        "sponsor": ("sg:sponsor", "Organization"),
        "subjectOf": ("sg:reportedIn", "CreativeWork"),
    },
    "result": {
        "value": ("sg:value", "number"),
        "unitText": ("sg:unit", _TEXT),
        "observationAbout": ("sg:resultOf", "MedicalTrial"),
    },
    "publication": {
        "headline": ("dcterms:title", _TEXT),
        "author": ("sg:firstAuthor", "Person"),
        "datePublished": ("sg:year", _TEXT),
        "identifier": ("bibo:doi", _TEXT),
        "isPartOf": ("sg:journal", "Periodical"),
        "pagination": ("sg:pages", _TEXT),
    },
    "source": {
        "license": ("dcterms:license", "iri"),
        "version": ("dcat:version", _TEXT),
        "datePublished": ("dcterms:issued", _TEXT),
    },
    "claim": {
        "text": ("sg:statement", _TEXT),
        "about": ("sg:about", _ANY),
        "appearance": ("sg:claimedIn", "CreativeWork"),
        "citation": ("sg:cites", "CreativeWork"),
    },
    "concept": {"inDefinedTermSet": ("skos:inScheme", "DefinedTermSet")},
}
_ESCAPED = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def block(page: EntityPage, version: str) -> Markup:
    """What stands in the script element of an entity's page, of a release; no content of it can end the element."""
    return script(describe(page, version))


def script(said: Mapping[str, object]) -> Markup:
    """JSON-LD as it stands in a script element."""
    return Markup(json.dumps(said, ensure_ascii=False).translate(_ESCAPED))  # noqa: S704


def describe(page: EntityPage, version: str) -> dict[str, object]:
    """An entity in schema.org's words, as JSON-LD."""
    address = f"{page.iri}.html"
    dataset = {"@type": "Dataset", "@id": BASE, "name": "Sarcograph", "version": version}
    about_page: dict[str, object] = {"@type": "WebPage", "@id": address, "license": LICENCE.value, "isPartOf": dataset}
    if page.wholly_recalled:
        about_page["creativeWorkStatus"] = "recalled, not yet verified"
    said: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": _class(page),
        "@id": page.iri,
        "name": page.title,
        "url": address,
        "identifier": page.slug,
        "mainEntityOfPage": about_page,
    }
    for name, (curie, form) in {**_EVERY, **_OF_KIND.get(page.kind.path, {})}.items():
        values = [_value(cell, form) for cell in page.values(curie)]
        if values:
            said[name] = values[0] if len(values) == 1 else values
    return said


def _class(page: EntityPage) -> str:
    if any(cell.value in _ARTICLES for cell in page.values("sg:publicationType")):
        return "ScholarlyArticle"
    if page.kind.path == "concept" and "/" not in page.slug:
        return "DefinedTermSet"
    return _CLASSES.get(page.kind.path, _ANY)


def _value(cell: Cell, form: str) -> object:
    if form == "iri":
        return cell.value
    if form == "number" and _NUMBER.fullmatch(cell.value):
        return float(cell.value)
    if form in (_TEXT, "number"):
        return cell.label
    thing = {"@type": form, "name": cell.label}
    return thing if cell.kind == "literal" else {**thing, "@id": cell.value}
