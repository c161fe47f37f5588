"""How a table's row falls into records: one for each node that it describes.

Each function takes a row and the desk it is worked on, and yields records; `READERS` ties it to the kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import sha256

from loader.errors import RejectedRow, SettingError
from loader.namespaces import entity, slug
from loader.tables import outcomes
from loader.tables.arms import find_regimen, parts
from loader.tables.forms import whole, without_parentheses
from loader.tables.reader import Row
from loader.tables.record import Desk, Record, cells
from loader.terms import named

_LAST_PARENTHESES = re.compile(r"^(.*\S)\s*\(([^()]*)\)$")
_REGISTRY_ID = re.compile(r"ISRCTN\d{8}|JapicCTI-\d+|\b\d{4}-\d{6}-\d{2}\b")
_POINTER = re.compile(r"\s*\(see \w+\.tsv\)|see \w+\.tsv(?:;\s*|$)")
_GENE_ONTOLOGY = re.compile(r"\((GO:\d{7})\)")


def synonym(label: str) -> tuple[str, list[str]]:
    """A label and the other names that it gives in its last parentheses."""
    match = _LAST_PARENTHESES.match(label)
    return (match[1], re.split(r",\s*", match[2])) if match else (label, [])


def own_words(text: str) -> str:
    """A text without its pointers to other tables (`see trials.tsv`), which mean nothing outside them."""
    return _POINTER.sub("", text).strip()


def publication(row: Row, desk: Desk) -> Iterator[Record]:
    by = " ".join(part for part in (row["first_author"], row["year"]) if part)
    label = f"{by}: {row['title']}" if row["first_author"] else row["title"]
    yield Record("publication", entity("publication", slug(row["key"])), label, fields=cells(row))


def disease(row: Row, desk: Desk) -> Iterator[Record]:
    yield Record("disease", entity("disease", slug(row["slug"])), row["label"], fields=cells(row))


def therapy(row: Row, desk: Desk) -> Iterator[Record]:
    label, other = synonym(row["label"])
    name = slug(row["slug"])
    scope = _scope(desk, name, [slug(parent) for parent in row.many("broader")])
    fields = cells(row) | {"other_names": other, "scope": scope}
    yield Record(scope or "therapy", entity("therapy", name), label, fields=fields)


def _scope(desk: Desk, name: str, broader: list[str]) -> str:
    """`local` or `systemic`, by the therapy's own name or its ancestors'; empty for what is neither."""
    if name in ("local-therapy", "systemic-therapy"):
        return name.partition("-")[0]
    above = (_scope(desk, parent, _names(desk, entity("therapy", parent), "skos:broader")) for parent in broader)
    return next((scope for scope in above if scope), "")


def _names(desk: Desk, iri: str, curie: str) -> list[str]:
    return [term.value.rpartition("/")[2] for term in desk.curated.values(iri, named(curie))]


def drug(row: Row, desk: Desk) -> Iterator[Record]:
    iri = entity("drug", slug(row["slug"]))
    yield Record("drug", iri, row["inn"], fields=cells(row))
    for brand in row.many("brand_us"):
        fields = cells(row) | {"active_ingredient": row["slug"]}
        yield Record("product", entity("product", slug(brand)), brand, iri, fields)


def mechanism(row: Row, desk: Desk) -> Iterator[Record]:
    if not desk.curated.has(entity("drug", row["drug_slug"])):
        raise RejectedRow("drug_slug", f"'{row['drug_slug']}' is no known drug. Import the drugs first")
    name = row["target_symbol"] or without_parentheses(row["target_other"])
    if not name:
        raise RejectedRow("target_symbol", "neither a symbol nor another target is given")
    target = slug(name)
    kind = "protein" if row["target_symbol"] else desk.mapping.values["target_type"].get(target, "")
    if not kind:
        raise RejectedRow("target_other", f"the type of the target '{name}' is not declared in mechanism.toml")
    fields: dict[str, str | list[str]] = {
        "target_type": kind,
        "hgnc_symbol": row["target_symbol"],
        "uniprot": row["uniprot"],
        "gene_ontology": _GENE_ONTOLOGY.findall(row["target_other"]),
    }
    yield Record("target", entity("target", target), name, fields=fields, shared=True)
    label = f"{_label(desk, 'drug', row['drug_slug'])}: {row['action']} of {name}"
    context = f"Part of what the table names: {row['target_other']}." if row["target_symbol"] else ""
    fields = cells(row) | {"target": target, "context": context if row["target_other"] else ""}
    iri = entity("mechanism", "-".join((row["drug_slug"], target, slug(row["action"]))))
    yield Record("mechanism", iri, label, entity("drug", row["drug_slug"]), fields)


def _label(desk: Desk, kind: str, name: str) -> str:
    return desk.curated.label(entity(kind, slug(name)))


def approval(row: Row, desk: Desk) -> Iterator[Record]:
    label = f"{row['agency']} approval of {_label(desk, 'drug', row['drug'])}"
    label += f", {row['decision_date']}" if row["decision_date"] else ", date not curated"
    specific = bool(row["disease"]) or row["tumour_agnostic"] == "true"
    yield from _decision("approval", row, label, specific)


def application(row: Row, desk: Desk) -> Iterator[Record]:
    label = f"{row['agency']} application for {_label(desk, 'drug', row['drug'])}"
    yield from _decision("application", row, f"{label}, {row['indication']}", bool(row["disease"]))


def _decision(kind: str, row: Row, label: str, specific: bool) -> Iterator[Record]:
    """What an agency decided or is asked to decide, and the population that it is for, where there is one."""
    name = "-".join(slug(row[column]) for column in ("drug", "agency", "row_id"))
    iri = entity(kind, name)
    fields = cells(row)
    if specific:
        yield Record("population", entity("population", name), f"Indication: {label}", iri, cells(row))
        fields["population"] = name
    yield Record(kind, iri, label, fields=fields)


def trial(row: Row, desk: Desk) -> Iterator[Record]:
    label, other = synonym(row["acronym"])
    name = slug(row["slug"])
    iri = entity("trial", name)
    fields = cells(row) | {
        "acronym_alone": label,
        "other_names": other,
        "design_concept": _design(row, desk),
        "registry_id": row.many("nct_id") + _REGISTRY_ID.findall(row["design"]),
        "publications": [_by_pmid(desk, pmid, "result_pmids") for pmid in row.many("result_pmids")],
        "arm_names": [f"{name}-{n}" for n in range(1, len(row.many("arms")) + 1)],
        "population_name": name,
    }
    yield Record("population", entity("population", name), f"Population of {label}", iri, cells(row))
    for n, arm in enumerate(row.many("arms"), 1):
        yield from _arm(row, desk, name, label, n, arm)
    yield Record("trial", iri, label, fields=fields)


def _design(row: Row, desk: Desk) -> str:
    for words, concept in desk.mapping.values["design"].items():
        if all(word in row["design"] for word in words.split("+")):
            return concept
    raise RejectedRow("design", f"no design concept is declared for '{row['design']}'")


def _by_pmid(desk: Desk, pmid: str, column: str) -> str:
    iri = desk.curated.find("publication", named("bibo:pmid"), pmid)
    if iri is None:
        raise RejectedRow(column, f"no publication has the PMID {pmid}. Import the publications first")
    return iri.rpartition("/")[2]


def _arm(row: Row, desk: Desk, trial_name: str, label: str, n: int, arm: str) -> Iterator[Record]:
    given = parts(desk.curated, arm, "arms")
    drugs = [part for part in given if "/drug/" in part.iri]
    received = [part.name for part in given if part not in drugs]
    if len(drugs) > 1:
        known = find_regimen(desk.curated, drugs)
        regimen = known or slug("-".join(part.name for part in drugs))
        labels = " + ".join(desk.curated.label(part.iri) for part in drugs)
        title = desk.curated.label(entity("regimen", known)) if known else labels
        fields: dict[str, str | list[str]] = {"drugs": [part.name for part in drugs]}
        yield Record("regimen", entity("regimen", regimen), title, fields=fields, shared=True)
        received.append(regimen)
    else:
        received += [part.name for part in drugs]
    dose = given[0].rest if len(given) == 1 else arm if any(part.rest for part in given) else ""
    fields = cells(row) | {"arm_of": trial_name, "receives": received, "dose": dose}
    iri = entity("arm", f"{trial_name}-{n}")
    yield Record("arm", iri, f"{label} arm {n}: {arm}", entity("trial", trial_name), fields)


def claim(row: Row, desk: Desk) -> Iterator[Record]:
    iri = entity("claim", f"seed-{slug(row['id'])}")
    start, end = whole(row["start"], "start"), whole(row["end"], "end")
    if not 0 <= start < end <= len(desk.page):
        raise RejectedRow("start", f"characters {start} to {end} are not inside the page's {len(desk.page)}")
    verdict, _, why = row["check"].partition(":")
    digest = sha256(desk.page.encode()).hexdigest()
    page = desk.curated.find("source", named("sg:sha256"), digest)
    if page is None:
        raise SettingError("--page", f"a text of SHA-256 {digest}", "a page that a file of data/sources describes")
    fields = cells(row) | {
        "verdict": verdict.strip(),
        "verdict_note": own_words(why),
        "page": page.rpartition("/")[2],
        "span": iri + "#span",
    }
    digest = sha256(desk.page[start:end].encode()).hexdigest()
    yield Record("span", iri + "#span", owner=iri, fields=cells(row) | {"span_sha256": digest})
    yield Record("claim", iri, row["statement"], fields=fields)


def evidence(row: Row, desk: Desk) -> Iterator[Record]:
    claim_iri = entity("claim", f"seed-{slug(row['claim_id'])}")
    if not desk.curated.has(claim_iri):
        raise RejectedRow("claim_id", f"'{row['claim_id']}' is no known claim. Import the claims first")
    item = _item(row, desk)
    name = f"{slug(row['claim_id'])}-{slug(row['evidence_key'])}"
    verb = desk.mapping.values["stance"].get(row["stance"], row["stance"])
    label = f"{row['claim_id']} {verb} {desk.curated.label(item)}"
    fields = cells(row) | {"claim": claim_iri.rpartition("/")[2], "item": item, "note": own_words(row["note"])}
    yield Record("evidence", entity("evidence", name), label, claim_iri, fields)


def _item(row: Row, desk: Desk) -> str:
    kind = desk.mapping.values["evidence_type"].get(row["evidence_type"], row["evidence_type"])
    key = slug(row["evidence_key"])
    for iri in desk.curated.of_kind(kind):
        name = iri.rpartition("/")[2]
        if name == key or (kind in ("result", "approval") and name.endswith(f"-{key}")):
            return iri
    raise RejectedRow("evidence_key", f"no {kind} is called '{row['evidence_key']}'. Import its table first")


READERS: dict[str, Callable[[Row, Desk], Iterator[Record]]] = {
    "publication": publication,
    "disease": disease,
    "therapy": therapy,
    "drug": drug,
    "mechanism": mechanism,
    "approval": approval,
    "application": application,
    "trial": trial,
    "result": outcomes.result,
    "claim": claim,
    "evidence": evidence,
}
