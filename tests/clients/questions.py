"""What every client asks, and what is true: trabectedin, its label, its class."""

from __future__ import annotations

TRABECTEDIN = "https://w3id.org/sarcograph/drug/trabectedin"
DRUG = "https://w3id.org/sarcograph/ontology#Drug"
LABEL = "http://www.w3.org/2004/02/skos/core#prefLabel"
TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
CURATED = "https://w3id.org/sarcograph/graph/curated"

PREFIXES = "PREFIX sg: <https://w3id.org/sarcograph/ontology#> PREFIX skos: <http://www.w3.org/2004/02/skos/core#> "
SELECT = PREFIXES + f"SELECT ?label WHERE {{ <{TRABECTEDIN}> a sg:Drug ; skos:prefLabel ?label }}"
DRUGS = PREFIXES + "SELECT DISTINCT ?drug WHERE { ?drug a sg:Drug } ORDER BY ?drug"
YES = PREFIXES + f"ASK {{ <{TRABECTEDIN}> a sg:Drug }}"
NO = PREFIXES + f"ASK {{ <{TRABECTEDIN}> a sg:Trial }}"
CONSTRUCT = (
    PREFIXES + f"CONSTRUCT {{ <{TRABECTEDIN}> skos:prefLabel ?l }} WHERE {{ <{TRABECTEDIN}> skos:prefLabel ?l }}"
)
DESCRIBE = f"DESCRIBE <{TRABECTEDIN}>"
WRONG = "SELECT * WHERE { ?s a sg:Drug }"
UPDATE = "INSERT DATA { <http://a/s> <http://a/p> <http://a/o> }"


def calling(endpoint: str) -> str:
    """A query that calls the endpoint for the label of a drug that it has from elsewhere."""
    call = f"SERVICE <{endpoint}> {{ ?drug <{LABEL}> ?label }}"
    return f"SELECT ?label WHERE {{ VALUES ?drug {{ <{TRABECTEDIN}> }} {call} }}"
