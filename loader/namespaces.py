"""Prefixes and IRIs. The one file that turns a prefix into an IRI; it reads ontology/prefixes.ttl.

Kept free of imports beyond the standard library, because every query worker loads it.
"""

from __future__ import annotations

import os
import re
from functools import cache

from loader.places import NAMESPACE, facts

PROJECT = "https://w3id.org/sarcograph/"  # as all files here spell it
BASE = os.environ.get(NAMESPACE) or PROJECT  # of a mirror: its own
GRAPH = BASE + "graph/"
RELEASE = BASE + "release/"
VOID_GRAPH = BASE + ".well-known/void"
EXAMPLES_GRAPH = BASE + ".well-known/sparql-examples"


def localized(source: str) -> str:
    """The text of a file of ours with the IRIs of the namespace that is in use, which a mirror may have of its own."""
    if BASE == PROJECT:
        return source
    return source.replace(PROJECT, BASE).replace(_in_pattern(PROJECT), _in_pattern(BASE))


def _in_pattern(iri: str) -> str:
    """An IRI as the patterns of shapes spell it."""
    return iri.replace(".", "[.]")


_LINE = re.compile(r"^@prefix\s+([^\s:]*):\s*<([^>]*)>\s*\.\s*$")
_SLUG = re.compile(r"[^a-z0-9]+")
_LOCAL = re.compile(r"^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$")


@cache
def prefixes() -> dict[str, str]:
    """Every prefix of the project and its IRI, as ontology/prefixes.ttl declares them."""
    source = localized((facts().ontology / "prefixes.ttl").read_text(encoding="utf-8"))
    return {match[1]: match[2] for line in source.splitlines() if (match := _LINE.match(line))}


def expand(curie: str) -> str:
    """The IRI of a CURIE such as `sg:Drug`. Raises KeyError for a prefix that is not declared."""
    prefix, _, local = curie.partition(":")
    return prefixes()[prefix] + local


@cache
def _longest_first() -> tuple[tuple[str, str], ...]:
    return tuple(sorted(((iri, prefix) for prefix, iri in prefixes().items()), key=lambda pair: -len(pair[0])))


def compress(iri: str) -> str | None:
    """The CURIE of an IRI, by the longest namespace that leaves a local name plain enough for Turtle; or None."""
    for namespace, prefix in _longest_first():
        if iri.startswith(namespace) and _LOCAL.match(iri[len(namespace) :]):
            return f"{prefix}:{iri[len(namespace) :]}"
    return None


def slug(text: str) -> str:
    """ASCII, lower-case, every run of other characters one `-`: `PDGFR-alpha (A)` becomes `pdgfr-alpha-a`."""
    return _SLUG.sub("-", text.lower()).strip("-")


def entity(kind: str, name: str) -> str:
    """The IRI of an entity: `entity("drug", "eribulin")` is https://w3id.org/sarcograph/drug/eribulin."""
    return f"{BASE}{kind}/{name}"


def owner_of(iri: str) -> str:
    """The entity that a fragment is part of; any other IRI unchanged."""
    return iri.partition("#")[0] if iri.startswith(BASE) and not iri.startswith(expand("sg:")) else iri


def split_entity(iri: str) -> tuple[str, str] | None:
    """Kind and slug of an entity's IRI (a concept's slug is `scheme/value`), or None for any other IRI."""
    if not iri.startswith(BASE):
        return None
    kind, separator, name = iri[len(BASE) :].partition("/")
    return (kind, name) if separator and name else None
