"""Validates an RO-Crate with roc-validator, without a network: `python crate_validation.py FOLDER`.

The validator looks up the context of RO-Crate 1.2 on the web. It finds it here in its store of documents fetched
before, as the package rocrate brings it: of a later version, which gives every term of a dump the same meaning.
"""

from __future__ import annotations

import io
import sys
import tempfile
from importlib.resources import files
from pathlib import Path

import requests
from requests_cache import CachedSession
from rocrate_validator import services
from rocrate_validator.models import Severity, ValidationSettings
from urllib3 import HTTPResponse

CONTEXT = "https://w3id.org/ro/crate/1.2/context"
# Advice that the dump does not follow: that its IRI leads to the crate, which only the web can tell; that whoever wrote
# it has an entry in the Research Organization Registry, and an address to write to.
KNOWN = {"ro-crate-1.2_51.1", "ro-crate-1.2_89.0", "ro-crate-1.2_90.1", "ro-crate-1.2_93.0"}


def remember(cache: Path) -> None:
    """Put the context into the validator's store."""
    body = files("rocrate").joinpath("data/ro-crate.jsonld").read_bytes()
    request = requests.Request("GET", CONTEXT).prepare()
    response = requests.Response()
    response.status_code, response.url, response.request = 200, CONTEXT, request
    response.headers["Content-Type"] = "application/ld+json"
    response.raw = HTTPResponse(io.BytesIO(body), headers=response.headers, status=200, preload_content=False)
    response._content = body
    session = CachedSession(str(cache), backend="sqlite", expire_after=-1)
    session.cache.save_response(response, session.cache.create_key(request))


def main(folder: Path) -> int:
    """Print what the validator finds that is required or advised; 1 where it finds anything."""
    with tempfile.TemporaryDirectory() as place:
        remember(Path(place) / "cache")
        settings = ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier="ro-crate-1.2",
            requirement_severity=Severity.RECOMMENDED,
            cache_path=Path(place) / "cache",
            offline=True,
        )
        found = services.validate(settings)
    checked = len(found.executed_checks)
    issues = [issue for issue in found.get_issues(Severity.RECOMMENDED) if issue.check.identifier not in KNOWN]
    print(f"{checked} checks, {len(issues)} issues")
    for issue in issues:
        print(issue.severity.name, issue.check.identifier, issue.message)
    return 0 if checked > 100 and not issues else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
