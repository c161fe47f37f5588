"""The files of releases, as they are on disk, and lists of them.

GET /dumps/                  the files of the release that is asked for: a page, JSON or Turtle, by Accept or format=
GET /dumps/VERSION/          those of that release
GET /dumps/VERSION/FILE      one of them; parts of it by Range (RFC 9110, section 14)
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Mapping
from typing import Any, BinaryIO

from pyoxigraph import Triple

from loader.dumps import FOLDER, METADATA
from loader.dumps.described import statements
from loader.errors import DamagedReleaseError, NoDumpError, NotAcceptableError, UnknownFileError
from loader.release import Release
from loader.void import LICENCE
from server import answers, cache, dereferencing, protocol
from server.exchange import Exchange, Response
from server.negotiation import choose_document, documents
from server.serialization import write_triples
from server.shelf import Shelf
from server.site import Site

PATH = "/dumps"
SUFFIXES = ("ttl", "json", "html")
_PIECE = 256 << 10  # bytes read at once
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_SHOWN = ("text/html", "text/turtle", "application/ld+json", "application/csvm+json")  # not saved unless one asks

Entry = Mapping[str, Any]


def is_there(path: str) -> bool:
    """Whether a path is one of those answered here."""
    return path == PATH or path.startswith(f"{PATH}/")


async def answer(exchange: Exchange, site: Site) -> Response | None:
    """A file, or a list of files; None where a page is to answer. Raises UnknownReleaseError, UnknownFileError,
    NoDumpError."""
    version, folder, name = exchange.path.removeprefix(PATH).removeprefix("/").partition("/")
    if not folder:
        return _unfolded(exchange, site, version)
    release = site.shelf.open_named(version)
    return _listed(exchange, site, release) if not name else await _file(exchange, release, name)


def _unfolded(exchange: Exchange, site: Site, name: str) -> Response | None:
    """What is asked for without naming a release and its folder: the list, a file of the release at hand."""
    if not name and exchange.path.endswith("/"):
        return _listed(exchange, site, site.release)
    if not name:
        return _moved(f"{PATH}/", exchange)
    if any(entry["name"] == name for entry in site.release.manifest.get(FOLDER, ())):
        return _moved(address(site.release, name), exchange)
    return _moved(address(site.shelf.open_named(name)), exchange)


def _moved(path: str, exchange: Exchange) -> Response:
    query = exchange.query_string.decode("latin-1")
    return Response(303, {"Location": f"{path}?{query}" if query else path, "Cache-Control": answers.FRESH})


def address(release: Release, name: str = "") -> str:
    """The path of a file; of the folder without a name."""
    return f"{PATH}/{release.version}/{name}"


def entries(release: Release) -> list[Entry]:
    """What a release's manifest says of its files. Raises NoDumpError where it has none."""
    found: list[Entry] = release.manifest.get(FOLDER) or []
    if not found:
        raise NoDumpError(release.version)
    return found


def others(shelf: Shelf, release: Release) -> list[Release]:
    """The other releases that have files, newest first."""
    return [each for each in shelf.releases() if each.version != release.version and each.manifest.get(FOLDER)]


def _listed(exchange: Exchange, site: Site, release: Release) -> Response | None:
    names = protocol.format_names(exchange.query_string)
    accept = exchange.header(b"accept")
    chosen = choose_document(names, accept, SUFFIXES)
    if chosen is None:
        offers = [each.media_type for each in documents(SUFFIXES)]
        raise NotAcceptableError(f"a request for {exchange.path}", ", ".join(names) or accept or "", offers)
    found = entries(release)
    if chosen.names[0] == "html":
        return None
    if chosen.names[0] == "json":
        body = _json(site.shelf, release, found)
    else:
        body = write_triples((Triple(*said) for said in statements(release.manifest)), chosen.media_type, site.context)
    return answers.document(exchange, site, body, chosen.media_type, answers.FRESH)


def _json(shelf: Shelf, release: Release, found: list[Entry]) -> bytes:
    said = {
        "release": release.version,
        "created": release.manifest["created"],
        "content_hash": release.manifest["content_hash"],
        "licence": LICENCE.value,
        "files": [{**entry, "url": address(release, entry["name"])} for entry in found],
        "others": [{"release": each.version, "url": address(each)} for each in others(shelf, release)],
    }
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"


async def _file(exchange: Exchange, release: Release, name: str) -> Response:
    """A file. Only what the manifest names is looked for on disk."""
    entry = next((each for each in entries(release) if each["name"] == name), None)
    if entry is None:
        raise UnknownFileError(name, release.version)
    headers = _headers(release, entry)
    if _has(exchange, headers):
        kept = ("ETag", "Last-Modified", "Cache-Control", "Sarcograph-Release")
        return Response(304, {word: headers[word] for word in kept})
    start, end = _part(exchange, headers, entry["bytes"])
    status = 200
    if (start, end) != (0, entry["bytes"]):
        status, headers["Content-Range"] = 206, f"bytes {start}-{end - 1}/{entry['bytes']}"
    headers["Content-Length"] = str(end - start)
    if exchange.method == "HEAD":
        return Response(status, headers)
    exchange.watch()
    file = await asyncio.get_running_loop().run_in_executor(None, _opened, release, entry, start)
    return Response(status, headers, pieces=_pieces(file, end - start, release), close=file.close)


def _headers(release: Release, entry: Entry) -> dict[str, str]:
    name = entry["name"]
    links = [f'<{entry["licence"]}>; rel="license"', f'<{METADATA}>; rel="describedby"; type="application/ld+json"']
    if name.endswith(".csv"):  # where CSVW has its readers look
        links.append(f'<{name}-metadata.json>; rel="describedby"; type="application/csvm+json"')
    media_type = entry.get("packing", entry["media_type"])
    shown = "inline" if media_type in _SHOWN else "attachment"
    return {
        "Content-Type": answers.content_type(media_type),
        "Content-Disposition": f'{shown}; filename="{name}"',
        "ETag": f'"{entry["sha256"]}"',
        "Last-Modified": dereferencing.last_modified(release),
        "Cache-Control": dereferencing.IMMUTABLE,
        "Accept-Ranges": "bytes",
        "Link": ", ".join(links),
        "Sarcograph-Release": release.version,
    }


def _has(exchange: Exchange, headers: Mapping[str, str]) -> bool:
    """Whether the client has the file already."""
    tags = exchange.header(b"if-none-match")
    if tags is not None:
        return cache.has(tags, headers["ETag"])
    return exchange.header(b"if-modified-since") == headers["Last-Modified"]


def _part(exchange: Exchange, headers: Mapping[str, str], size: int) -> tuple[int, int]:
    """Where the part that is asked for starts and ends; all of it where no one part can be given."""
    asked = _RANGE.fullmatch((exchange.header(b"range") or "").replace(" ", ""))
    on = exchange.header(b"if-range")
    if asked is None or exchange.method != "GET" or on not in (None, headers["ETag"], headers["Last-Modified"]):
        return 0, size
    first, last = asked.groups()
    start = int(first) if first else size - int(last or 0)
    end = min(int(last) + 1, size) if first and last else size
    return (max(0, start), end) if start < end else (0, size)


def _opened(release: Release, entry: Entry, start: int) -> BinaryIO:
    """In a thread: the file at its place. Raises DamagedReleaseError where it is not as the manifest says."""
    path = release.path / FOLDER / entry["name"]
    try:
        file: BinaryIO = path.open("rb")
    except OSError as error:
        raise DamagedReleaseError(release.version, f"its file {entry['name']} cannot be read") from error
    if os.fstat(file.fileno()).st_size != entry["bytes"]:
        file.close()
        raise DamagedReleaseError(release.version, f"its file {entry['name']} is not {entry['bytes']} bytes long")
    file.seek(start)
    return file


async def _pieces(file: BinaryIO, left: int, release: Release) -> AsyncGenerator[bytes, None]:
    """So many bytes of a file, read in threads as the client takes them."""
    loop = asyncio.get_running_loop()
    while left:
        data = await loop.run_in_executor(None, file.read, min(left, _PIECE))
        if not data:
            raise DamagedReleaseError(release.version, "a file of it ends too early")
        left -= len(data)
        yield data
