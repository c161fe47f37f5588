"""The static export: all that the server answers about one release, as files that any web server can give out.

The same application answers, in this process and without a socket, so that a file is what a server would have sent; of
pages alone, forms and links that need a server are changed. It is a walk: from the start page, the sitemap and the
documents of fixed address along every link within the site. `/drug/` becomes `drug/index.html`, `/drug/a.ttl` a file of
that name, and `/drug/a`, which a server answers with 303, a page that forwards.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

import uvloop

from loader.context import Context
from loader.errors import DamagedReleaseError, ExportError
from loader.namespaces import BASE
from loader.release import Release, read_hashes
from server import entity_documents, export_links, export_pages, queries, requests
from server.app import create_app
from server.cache import Cache
from server.export_files import Draft
from server.export_pages import ExportPages
from server.front import Front
from server.in_process import Answer, ask
from server.negotiation import HTML
from server.pages_in_threads import Pages
from server.settings import Settings
from server.shelf import Shelf
from server.site import Site
from server.succession import Succession
from server.workers import Pool

Progress = Callable[[int, int], object]

_AT_ONCE = 8  # requests: fewer than may wait for a worker
_SLOW = 600.0  # seconds that one answer may take: nobody waits for it
_ACCEPT = f"{HTML}, */*;q=0.1"
_SUFFIX = re.compile(r"\.[A-Za-z][A-Za-z0-9]*$")
_PAGE = re.compile(r"(?:^|&)page=([1-9][0-9]{0,8})(?:&|$)")


@dataclass
class Exported:
    """What was written: files and bytes; the paths left out, whose names no ordinary file system takes; and those that
    are linked to and that the server has not either."""

    folder: Path
    files: int = 0
    size: int = 0
    left_out: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def export(
    release: Release, settings: Settings, folder: Path, progress: Progress = lambda done, known: None
) -> Exported:
    """Write a release as static files into a folder, which is new or an earlier export; all of it, or nothing.

    `progress` is told how many addresses are done, and how many are known. Raises ExportError, ReleaseError.
    """
    created = datetime.fromisoformat(release.manifest["created"]).timestamp()
    with Draft(folder, created) as draft:
        exported = uvloop.run(_export(release, settings, draft, progress))
        draft.publish({"version": release.version, "namespace": BASE})
        exported.files, exported.size = len(draft.files), sum(draft.files.values())
    return exported


async def _export(release: Release, settings: Settings, draft: Draft, progress: Progress) -> Exported:
    address = settings.address or BASE.rstrip("/")
    settings = replace(settings, address=address, deadline=_SLOW, max_deadline=_SLOW, queue=max(32, settings.queue))
    async with _opened(release, settings) as site:
        app = create_app()
        dumps = f"/dumps/{release.version}/" if (release.path / "dumps").is_dir() else None
        pages = ExportPages(app, site, asyncio.get_running_loop(), dumps)
        for name, data in pages.own_files().items():
            draft.write(name, data)
        walk = _Walk(Front(Succession(site, _no_other), Pages(app, settings.max_body)), pages, draft, site)
        await walk.go([*export_pages.seeds(site), *await _entities(site)], progress)
        return walk.exported


@asynccontextmanager
async def _opened(release: Release, settings: Settings) -> AsyncIterator[Site]:
    """The site of a release, with workers of its own."""
    pool = Pool(release.store_path, settings, release.manifest["triples"])
    try:
        await pool.start()
        shelf = Shelf(release.path.parents[1])
        site = Site(release, pool, settings, Cache(settings.cache), Context(), shelf, release)
        yield replace(site, context=await site.read_context())
    finally:
        await pool.close()


async def _entities(site: Site) -> list[str]:
    """The paths of all entities of a release, and of those that only earlier ones have: their IRIs are to say so."""
    reply = await site.run(requests.query(queries.read("named").text, site.settings), reserved=True)
    found = {row["entity"]["value"] for row in json.loads(await reply.read())["results"]["bindings"]}
    found |= await asyncio.to_thread(_of_earlier_releases, site)
    paths = (iri[len(BASE) - 1 :] for iri in sorted(found) if iri.startswith(BASE))
    return [path for path in paths if entity_documents.is_there(path) and entity_documents.is_slug(*_parts(path))]


def _parts(path: str) -> tuple[str, str]:
    """Kind and slug."""
    kind, _, slug = path[1:].partition("/")
    return kind, slug


def _of_earlier_releases(site: Site) -> set[str]:
    versions = site.shelf.versions()
    here = site.release.version
    found: set[str] = set()
    for version in versions[versions.index(here) + 1 :] if here in versions else ():
        with suppress(DamagedReleaseError):
            found |= {entity for _, entity in read_hashes(site.shelf.home / "releases" / version) or ()}
    return found


async def _no_other(release: Release) -> Site:
    raise ExportError(f"{release.version} is not the release that is exported.")


class _Walk:
    """Asks for address after address, writes what comes, and goes on to what that links to."""

    def __init__(self, front: Front, pages: ExportPages, draft: Draft, site: Site) -> None:
        self.exported = Exported(draft.folder)
        self._front, self._pages, self._draft, self._site = front, pages, draft, site
        self._waiting: deque[str] = deque()
        self._known: set[str] = set()
        self._seeds: frozenset[str] = frozenset()

    async def go(self, targets: Sequence[str], progress: Progress) -> None:
        """Write what is at some targets, and all that is linked from there."""
        self._seeds = frozenset(targets)
        self._add(targets)
        running: set[asyncio.Task[None]] = set()
        try:
            while self._waiting or running:
                while self._waiting and len(running) < _AT_ONCE:
                    running.add(asyncio.create_task(self._visit(self._waiting.popleft())))
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                progress(len(self._known) - len(self._waiting) - len(running), len(self._known))
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _add(self, targets: Iterable[str]) -> None:
        """Note what is to be asked for; of a query only the page counts, and only where it is not the first."""
        for target in targets:
            path, _, query = target.partition("?")
            if export_links.release_of(target) not in (None, self._site.release.version):
                continue
            page = _PAGE.search(query)
            wanted = f"{path}?page={page[1]}" if page and page[1] != "1" else path
            if wanted not in self._known:
                self._known.add(wanted)
                self._waiting.append(wanted)

    async def _visit(self, target: str) -> None:
        path = unquote(target.partition("?")[0])
        what = self._pages.what_needs_a_server(path)
        if what:
            await asyncio.to_thread(self._put_notice, what, path)
            return
        dump = self._dump(path)
        if dump:
            self._left_out(path, self._draft.copy(path[1:], dump))
            return
        answer = await ask(self._front, target, _ACCEPT)
        if answer.status in (200, 410):
            await asyncio.to_thread(self._take, target, answer)
        elif 300 <= answer.status < 400:
            self._forward(path, answer)
        elif answer.status == 404:
            self.exported.missing += [target] if target not in self._seeds else []
        else:
            said = answer.body[:300].decode("utf-8", "replace")
            raise ExportError(f"{target[:200]} was answered with {answer.status}, so nothing is written: {said}")

    def _put_notice(self, what: str, path: str) -> None:
        """Write the page in the place of what needs a server; a document of another format has none."""
        if not _SUFFIX.search(path):
            path = f"{path.rstrip('/')}/"
            self._write(f"{path}index.html", self._pages.notice(what, path).encode())
        elif path.endswith(".html"):
            self._write(path, self._pages.notice(what, path).encode())

    def _dump(self, path: str) -> Path | None:
        """The file of the release's dump that is at a path."""
        above = f"/dumps/{self._site.release.version}/"
        name = path.removeprefix(above)
        folder = (self._site.release.path / "dumps").resolve()
        found = (folder / name).resolve()
        return found if path.startswith(above) and found.is_relative_to(folder) and found.is_file() else None

    def _take(self, target: str, answer: Answer) -> None:
        """Write an answer that has a body, and note its links."""
        path = unquote(target.partition("?")[0])
        body = answer.body
        if answer.media_type == HTML:
            text = body.decode("utf-8")
            self._add(export_links.of_page(text, target))
            body = self._pages.adapted(text, path).encode()
        elif answer.media_type.endswith("/xml") and path.rpartition("/")[2].startswith("sitemap"):
            self._add(export_links.of_sitemap(body.decode("utf-8")))
        links = list(export_links.of_header(answer.headers.get("link", ""), target))
        self._add(link for link, relation, _ in links if relation in ("alternate", "next", "last"))
        name = _name(target, answer.media_type)
        if answer.status == 200 or name.endswith(".html"):
            self._write(name, body)
        if not path.endswith("/") and not _SUFFIX.search(path):
            self._write(f"{path}/index.html", self._pages.thing(path, name, []).encode())

    def _forward(self, path: str, answer: Answer) -> None:
        """Write the page at the IRI of a thing, which forwards to a document."""
        location = export_links.target_of(answer.headers.get("location", ""), path)
        if location is None:
            return
        links = export_links.of_header(answer.headers.get("link", ""), path)
        documents = [(target, media_type) for target, relation, media_type in links if relation == "alternate"]
        self._add([location, *(target for target, _ in documents)])
        if unquote(location).rstrip("/") != path.rstrip("/"):
            page = self._pages.thing(path.rstrip("/"), location, documents)
            self._write(f"{path.rstrip('/')}/index.html", page.encode())

    def _write(self, path: str, data: bytes) -> None:
        name = path.lstrip("/")
        if name not in self._draft.files:
            self._left_out(path, self._draft.write(name, data))

    def _left_out(self, path: str, written: bool) -> None:
        if not written:
            self.exported.left_out.append(path)


def _name(target: str, media_type: str) -> str:
    """The path of the file that holds an answer: a further page of a document has its number before the suffix."""
    path, _, query = target.partition("?")
    path = unquote(urlsplit(path).path)
    if path.endswith("/"):
        path += f"index.{export_pages.suffix_of(media_type)}"
    elif not _SUFFIX.search(path):
        path += f".{export_pages.suffix_of(media_type)}"
    page = _PAGE.search(query)
    return _SUFFIX.sub(lambda match: f".page-{page[1]}{match[0]}", path) if page else path
