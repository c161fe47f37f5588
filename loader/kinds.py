"""The kinds of entity: one table that the importer, the build and the pages all read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of entity.

    `path` is the first part of its IRIs, `cls` its class as a CURIE, `name` and `plural` what people call it.
    `owner` is the CURIE of the property that leads from a part to the entity in whose file it lives
    (a leading `^`: from the owner to the part); None where the kind has files of its own.
    """

    path: str
    cls: str
    name: str
    plural: str
    owner: str | None = None


KINDS: dict[str, Kind] = {
    kind.path: kind
    for kind in (
        Kind("therapy", "sg:Therapy", "therapy", "therapies"),
        Kind("regimen", "sg:Regimen", "regimen", "regimens"),
        Kind("drug", "sg:Drug", "drug", "drugs"),
        Kind("product", "sg:Product", "product", "products", "sg:activeIngredient"),
        Kind("mechanism", "sg:Mechanism", "mechanism", "mechanisms", "sg:mechanismOf"),
        Kind("target", "sg:Target", "target", "targets"),
        Kind("disease", "sg:Disease", "disease", "diseases"),
        Kind("population", "sg:Population", "population", "populations", "^sg:indication"),
        Kind("approval", "sg:Approval", "approval", "approvals"),
        Kind("application", "sg:Application", "application", "applications"),
        Kind("agency", "sg:Agency", "agency", "agencies"),
        Kind("trial", "sg:Trial", "trial", "trials"),
        Kind("arm", "sg:Arm", "arm", "arms", "sg:armOf"),
        Kind("result", "sg:Result", "result", "results", "sg:resultOf"),
        Kind("publication", "sg:Publication", "publication", "publications"),
        Kind("source", "sg:Source", "source", "sources"),
        Kind("claim", "sg:Claim", "claim", "claims"),
        Kind("evidence", "sg:EvidenceLine", "evidence line", "evidence lines", "sg:evidenceFor"),
        Kind("recommendation", "sg:Recommendation", "recommendation", "recommendations"),
        Kind("disagreement", "sg:Disagreement", "disagreement", "disagreements"),
        Kind("concept", "skos:Concept", "concept", "concepts"),
    )
}
