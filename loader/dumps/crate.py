"""The dump as a research object: an RO-Crate 1.2, with a page for people."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from loader.dumps import METADATA
from loader.dumps.files import GZIP, File
from loader.namespaces import BASE, RELEASE
from loader.void import ABOUT, LICENCE

PREVIEW = "ro-crate-preview.html"
_PROFILE = "https://w3id.org/ro/crate/1.2"
_CURATORS, _NAME = "#curators", "#release"
_LICENCE_NAME = "Creative Commons Attribution 4.0 International"

Entry = Mapping[str, Any]


def crate(manifest: Mapping[str, Any], entries: Sequence[Entry]) -> list[File]:
    """The two files of the crate. `entries` are those of the manifest on the files that it holds."""
    said = {"@context": f"{_PROFILE}/context", "@graph": list(_graph(manifest, entries))}
    text = json.dumps(said, ensure_ascii=False, indent=1) + "\n"
    page = _page(manifest["version"], entries)
    return [
        File(METADATA, "application/ld+json", "What is in this dump, as an RO-Crate 1.2", text.encode()),
        File(PREVIEW, "text/html", "What is in this dump, as a page", page.encode()),
    ]


def _graph(manifest: Mapping[str, Any], entries: Sequence[Entry]) -> Iterable[dict[str, Any]]:
    version = manifest["version"]
    yield {
        "@id": METADATA,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": _PROFILE},
    }
    yield {
        "@id": "./",
        "@type": "Dataset",
        "name": f"Sarcograph, release {version}",
        "description": ABOUT,
        "datePublished": manifest["created"],
        "version": version,
        "identifier": {"@id": _NAME},
        "url": f"{BASE}dumps/{version}/",
        "license": {"@id": LICENCE.value},
        "author": {"@id": _CURATORS},
        "publisher": {"@id": _CURATORS},
        "hasPart": [{"@id": entry["name"]} for entry in entries],
    }
    yield from map(_file, entries)
    yield {
        "@id": _NAME,
        "@type": "PropertyValue",
        "name": "IRI of the release",
        "value": RELEASE + version,
        "url": RELEASE + version,
    }
    yield {"@id": _CURATORS, "@type": "Organization", "name": "The curators of Sarcograph", "url": BASE}
    yield {
        "@id": LICENCE.value,
        "@type": "CreativeWork",
        "name": _LICENCE_NAME,
        "description": "Reuse is free with attribution. Facts carry the sources that they were taken from.",
        "identifier": LICENCE.value,
    }


def _file(entry: Entry) -> dict[str, Any]:
    return {
        "@id": entry["name"],
        "@type": "File",
        "name": entry["name"],
        "description": entry["about"],
        "encodingFormat": entry.get("packing", entry["media_type"]),
        "contentSize": str(entry["bytes"]),
        "sha256": entry["sha256"],
    }


def _page(version: str, entries: Sequence[Entry]) -> str:
    title = f"Sarcograph, release {version}"
    rows = "\n".join(
        f'<tr><td><a href="{escape(entry["name"])}">{escape(entry["name"])}</a></td>'
        f"<td>{escape(entry['about'])}</td><td>{entry['bytes']}</td><td><code>{entry['sha256']}</code></td></tr>"
        for entry in entries
    )
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n</head>\n<body>\n'
        f"<h1>{title}</h1>\n<p>{escape(ABOUT)}</p>\n"
        f'<p>Licence: <a href="{LICENCE.value}">{_LICENCE_NAME}</a>. '
        f'For programs: <a href="{METADATA}">{METADATA}</a>.</p>\n'
        "<table>\n<tr><th>File</th><th>What is in it</th><th>Bytes</th><th>SHA-256</th></tr>\n"
        f"{rows}\n</table>\n</body>\n</html>\n"
    )


def packing(name: str) -> dict[str, str]:
    """What the entry of a packed file says beside its media type."""
    return {"packing": GZIP} if name.endswith(".gz") else {}
