"""The page of a release's files. `dump_files` gives them, and the same list to programs."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, render_template, request

from loader.dumps import FOLDER
from loader.dumps.described import address
from loader.namespaces import BASE, RELEASE
from loader.release import Release
from loader.void import ABOUT, LICENCE
from server import dump_files, schema_org
from server.negotiation import HTML
from server.serving import serving

blueprint = Blueprint("dumps", __name__)


@blueprint.app_template_global()
def has_files() -> bool:
    """Whether the release that a page is about has files to take."""
    return bool(serving().release.manifest.get(FOLDER))


@blueprint.get("/dumps/")
def current() -> Response:
    """The files of the release that is asked for."""
    return _page(serving().release)


@blueprint.get("/dumps/<version>/")
def of_release(version: str) -> Response:
    """The files of a release that the path names."""
    return _page(serving().shelf.open_named(version))


def _page(release: Release) -> Response:
    found = dump_files.entries(release)
    said = {
        "release": release,
        "entries": found,
        "size": sum(entry["bytes"] for entry in found),
        "others": dump_files.others(serving().shelf, release),
        "described": schema_org.script(described(release)),
    }
    response = Response(render_template("dumps.html", **said), content_type=f"{HTML}; charset=utf-8")
    response.cache_control.no_cache = True
    response.headers["Vary"] = "Accept"
    response.headers["Sarcograph-Release"] = release.version
    response.add_etag(weak=True)
    response.make_conditional(request)
    return response


def described(release: Release) -> dict[str, Any]:
    """A release and its files as schema.org's Dataset and DataDownload, which search engines for data read."""
    version = release.version
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "@id": RELEASE + version,
        "name": f"Sarcograph, release {version}",
        "description": ABOUT,
        "url": address(version),
        "identifier": RELEASE + version,
        "version": version,
        "datePublished": release.manifest["created"],
        "license": LICENCE.value,
        "isAccessibleForFree": True,
        "isPartOf": {"@type": "Dataset", "@id": BASE, "name": "Sarcograph"},
        "creator": {"@type": "Organization", "name": "The curators of Sarcograph", "url": BASE},
        "distribution": [
            {
                "@type": "DataDownload",
                "@id": f"{RELEASE}{version}#{entry['name']}",
                "name": entry["name"],
                "description": entry["about"],
                "contentUrl": address(version, entry["name"]),
                "encodingFormat": entry["media_type"],
                "contentSize": f"{entry['bytes']} B",
                "sha256": entry["sha256"],
                "license": entry["licence"],
            }
            for entry in dump_files.entries(release)
        ],
    }
