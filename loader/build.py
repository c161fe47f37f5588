"""From the folders of facts to a release: read, validate, derive, hash, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

from pyoxigraph import NamedNode, Quad
from rdflib import URIRef

from loader import dumps, factbase, hashing, metadata, release, store, validation, void
from loader.accounting import Account, accounts
from loader.changes import Change
from loader.dumps import described, writing
from loader.errors import FactsError, NoReleaseError, ReleaseError, ReusedAddressError, ValidationError
from loader.factbase import Factbase
from loader.history import Past
from loader.metadata import Example
from loader.namespaces import BASE, compress
from loader.places import Facts
from loader.release import Draft, Release
from loader.validation import Report

STEPS = ("reading the facts", "validating", "hashing", "writing the store", "publishing")

# How much a store may differ from that which it lies upon, as a part of it. What a release says of itself is some 8 %,
# in each anew; a change or two in each grow to the rest in 50 releases. Then a new one begins, which takes less room.
MOST = 0.15

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Built:
    """What a build gave: the release, whether it is new, the report with its warnings, the account of each table."""

    release: Release
    new: bool
    report: Report
    accounts: tuple[Account, ...]


def check(facts: Factbase) -> Report:
    """The report on all facts; an ill-written shape is a fault like any other."""
    lint = validation.lint(facts.shapes)
    if lint.violations:
        return lint
    return validation.validate(facts.data, facts.shapes, facts.checks, facts.locate)


def build(places: Facts, home: Path, examples: Iterable[Example] = (), progress: Progress = lambda step: None) -> Built:
    """Build the release of the facts, or find that the current release holds them already.

    Raises FactsError where a file cannot be read, ValidationError where the facts break a shape or a check.
    `progress` is called with each of STEPS as it begins.
    """
    progress(STEPS[0])
    facts = factbase.read(places)
    progress(STEPS[1])
    report = check(facts)
    if report.violations:
        raise ValidationError(report)
    progress(STEPS[2])
    tables = tuple(accounts(facts.data))
    quads = hashing.settled(store.in_memory(facts.quads()))
    leaves = hashing.leaves(quads)
    current = _current(home)
    content_hash = hashing.root(leaves)
    if current and _holds(current, content_hash):
        return Built(current, False, report, tables)
    now = datetime.now(UTC).replace(microsecond=0)
    previous = current or release.newest(home)
    past = Past(previous)
    found = past.changes(leaves, quads)
    _refuse_reused(facts, past, found)
    manifest = _manifest(release.next_version(home, now.date()), now, content_hash, quads, report, tables)
    manifest["previous"] = past.version
    with Draft(home, manifest["version"]) as draft:
        progress(STEPS[3])
        quads += [*metadata.about_release(manifest), *past.history(manifest, found)]
        quads += metadata.examples(examples)
        manifest["dumps"] = writing.write(draft.path / dumps.FOLDER, quads, manifest, previous)
        quads += described.about_files(manifest)
        description = void.describe(quads, manifest)
        quads += description.quads
        manifest |= {"graphs": _sizes(quads), "default_graph": description.union}
        manifest["store"] = {"base": _write_store(draft, quads, previous)}
        release.write_hashes(draft.path, past.since(draft.version, leaves))
        progress(STEPS[4])
        return Built(draft.publish(manifest), True, report, tables)


def _refuse_reused(facts: Factbase, past: Past, found: list[Change]) -> None:
    """Raise FactsError where the address of what was withdrawn stands for something else."""
    faults = []
    for entity, names in past.reused(found):
        path, line = facts.locate(URIRef(entity)) or (facts.places.data, None)
        faults.append(ReusedAddressError(path, line, entity, sorted(names)))
    if faults:
        raise FactsError(faults)


def _write_store(draft: Draft, quads: list[Quad], previous: Release | None) -> str:
    """Write the store, upon an earlier one where it differs little from that; the version whose store it lies upon.

    That is its own, where it is a store by itself. A store never lies upon one that lies upon another: what such a
    pile holds would be merged, that is written anew, every few releases.
    """
    path = draft.path / "store"
    base = (previous.manifest.get("store") or {}).get("base", previous.version) if previous else None
    if base and store.write_upon(path, draft.home / "releases" / base / "store", quads, MOST):
        return str(base)
    store.write(path, quads)
    return draft.version


def _current(home: Path) -> Release | None:
    """The current release, or None where there is none that can be opened: a new one then takes its place."""
    try:
        return release.open_current(home)
    except (NoReleaseError, ReleaseError):
        return None


def _holds(current: Release, content_hash: str) -> bool:
    """Whether a release is what this code would make of the content; older ones tell less and have no dump."""
    made = current.manifest
    same_code = made["code_version"] == _code() and made.get("namespace") == BASE
    return made["content_hash"] == content_hash and same_code and made.keys() >= {"default_graph", "dumps"}


def _code() -> str:
    return package_version("sarcograph")


def _manifest(
    version: str, now: datetime, content_hash: str, quads: list[Quad], report: Report, tables: Iterable[Account]
) -> dict[str, Any]:
    counts = metadata.count_classes(quads)
    return {
        "version": version,
        "namespace": BASE,
        "created": now.isoformat().replace("+00:00", "Z"),
        "content_hash": content_hash,
        "code_version": _code(),
        "triples": len(quads),
        "counts": {compress(iri) or iri: count for iri, count in counts.items()},
        "tables": [account.as_json() for account in tables],
        "validation": {"violations": len(report.violations), "warnings": len(report.warnings)},
    }


def _sizes(quads: Iterable[Quad]) -> dict[str, int]:
    """The number of triples of each named graph."""
    sizes = Counter(quad.graph_name for quad in quads)
    return dict(sorted((graph.value, size) for graph, size in sizes.items() if isinstance(graph, NamedNode)))
