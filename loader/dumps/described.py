"""What a release says of its files: DCAT distributions, with size and checksum, and where VoID finds all of its data.

<release/2026-11-24.1> dcat:distribution <release/2026-11-24.1#drug.ttl> .
<release/2026-11-24.1#drug.ttl> a dcat:Distribution ; dcat:downloadURL <dumps/2026-11-24.1/drug.ttl> ;
    dcat:byteSize 88201 ; spdx:checksum <release/2026-11-24.1#drug.ttl-sha256> .
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pyoxigraph import NamedNode, Quad

from loader.namespaces import BASE, GRAPH, RELEASE
from loader.terms import Term, english, named, text, typed

MEDIA_TYPES = "https://www.iana.org/assignments/media-types/"
_WHOLE = "sarcograph."  # what the names of the files that hold all begin with

Statement = tuple[NamedNode, NamedNode, Term]


def address(version: str, name: str = "") -> str:
    """The URL of a file of a release's dump; of the folder without a name."""
    return f"{BASE}dumps/{version}/{name}"


def about_files(manifest: Mapping[str, Any]) -> Iterator[Quad]:
    """What the graph graph/release says of the release's files; nothing where it has none."""
    graph = NamedNode(f"{GRAPH}release")
    return (Quad(*statement, graph) for statement in statements(manifest))


def statements(manifest: Mapping[str, Any]) -> Iterator[Statement]:
    """What is said of a release's files."""
    version = manifest["version"]
    for entry in manifest.get("dumps", ()):
        yield from _file(NamedNode(RELEASE + version), f"{RELEASE}{version}#", version, entry)


def statements_on_whole(manifest: Mapping[str, Any], document: str) -> Iterator[Statement]:
    """What the VoID description says of those files that hold all, as ways to get the dataset.

    `document` is what the IRIs of its documents begin with: a triple in two graphs would make the store twice as large.
    """
    dataset, version = NamedNode(BASE), manifest["version"]
    for entry in manifest.get("dumps", ()):
        if entry["name"].startswith(_WHOLE):
            yield dataset, named("void:dataDump"), NamedNode(address(version, entry["name"]))
            yield from _file(dataset, document, version, entry)


def _file(of: NamedNode, document: str, version: str, entry: Mapping[str, Any]) -> Iterator[Statement]:
    file = NamedNode(document + entry["name"])
    sum_ = NamedNode(f"{file.value}-sha256")
    yield from (
        (of, named("dcat:distribution"), file),
        (file, named("rdf:type"), named("dcat:Distribution")),
        (file, named("dcterms:title"), text(entry["name"])),
        (file, named("dcterms:description"), english(entry["about"])),
        (file, named("dcat:accessURL"), NamedNode(address(version))),
        (file, named("dcat:downloadURL"), NamedNode(address(version, entry["name"]))),
        (file, named("dcat:mediaType"), NamedNode(MEDIA_TYPES + entry["media_type"])),
        # DCAT says xsd:nonNegativeInteger, which the store gives back as xsd:integer.
        (file, named("dcat:byteSize"), typed(str(entry["bytes"]), "xsd:integer")),
        (file, named("dcterms:license"), NamedNode(entry["licence"])),
        (file, named("spdx:checksum"), sum_),
        (sum_, named("rdf:type"), named("spdx:Checksum")),
        (sum_, named("spdx:algorithm"), named("spdx:checksumAlgorithm_sha256")),
        (sum_, named("spdx:checksumValue"), typed(entry["sha256"], "xsd:hexBinary")),
    )
    if "packing" in entry:
        yield file, named("dcat:compressFormat"), NamedNode(MEDIA_TYPES + entry["packing"])
