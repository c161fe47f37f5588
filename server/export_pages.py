"""What a static export has that no server answers: pages in the place of what needs a server, the page at the IRI of a
thing, and the files by which the export explains itself to people and to web servers."""

from __future__ import annotations

import asyncio
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from flask import Flask, render_template

from loader.kinds import KINDS
from loader.namespaces import BASE, PROJECT
from loader.release import Release
from loader.void import LICENCE
from server import export_links
from server.export_files import MARKER
from server.negotiation import DATASET, DOCUMENTS, FORMATS, GRAPH
from server.pages_in_threads import serving_of
from server.serving import SERVING
from server.site import HEADERS, Site

NEEDED = "/server-needed/"  # where links to other releases lead
_OWN = "README.txt", "404.html", ".htaccess", ".nojekyll"  # GitHub's pages leave out .well-known without the last
_LEVELS = (r"(?:;\s*q=1(?:\.0*)?)?", *(rf";\s*q=0?\.{digit}[0-9]*" for digit in range(9, 0, -1)))
_OTHER_TYPES = (("svg", "image/svg+xml"), ("xml", "application/xml"), ("parquet", "application/vnd.apache.parquet"))


@dataclass(frozen=True)
class Notice:
    """Paths that need a server, and the word by which the page in their place knows what they are."""

    pattern: re.Pattern[str]
    what: str


_NOTICES = tuple(
    Notice(re.compile(pattern), what)
    for pattern, what in (
        (r"/sparql/?", "sparql"),
        (r"/resolve/?", "resolve"),
        (r"/graphs/?", "graphs"),
        (r"/releases/[^/]*\.\.\.[^/]*", "comparison"),
        (re.escape(NEEDED), "release"),
    )
)
FIXED = ("/sparql/", "/resolve/", "/graphs/", NEEDED)  # those that every export has


def relative(target: str, own: str) -> str:
    """How a page at the path `own` names a target: `../drug/` on `/trial/a.html` for `/drug/`."""
    path, question, query = target.partition("?")
    found = posixpath.relpath(path, posixpath.dirname(own) or "/")
    if path.endswith("/"):
        found += "/"
    return (found if ":" not in found.partition("/")[0] else f"./{found}") + question + query


class ExportPages:
    """Renders them for one site; `dumps` is the path of its dumps, if it has any."""

    def __init__(self, app: Flask, site: Site, loop: asyncio.AbstractEventLoop, dumps: str | None) -> None:
        self._app = app
        self._serving = serving_of(site, loop)
        self._release = site.release
        self._context = site.context
        self._dumps = dumps

    def what_needs_a_server(self, path: str) -> str | None:
        """The word for what a path needs a server for, None where a file does."""
        if self._dumps and path.startswith("/dumps/") and path != "/dumps/" and not path.startswith(self._dumps):
            return "dump" if path.count("/") > 2 else None
        return next((each.what for each in _NOTICES if each.pattern.fullmatch(path)), None)

    def notice(self, what: str, own: str) -> str:
        """The page at the path `own`, in the place of what needs a server."""
        graphs = [relative(graph, own) for graph in graphs_of(self._release)]
        dumps = relative(self._dumps, own) if self._dumps else ""
        page = self._render(own, "needs_server.html", what=what, graphs=graphs, dumps=dumps, project=PROJECT)
        return self.adapted(page, own)

    def thing(self, path: str, main: str, documents: Sequence[tuple[str, str]]) -> str:
        """The page at the IRI of a thing, which forwards to its `main` document; documents are targets and types."""
        own = f"{path}/"
        shown = [(relative(target, own), media_type) for target, media_type in documents]
        return self._render(own, "thing.html", iri=BASE + path[1:], main=relative(main, own), documents=shown)

    def adapted(self, html: str, own: str) -> str:
        """A page for which no server stands by: without forms, with links that hold wherever the export is put.

        Links to other releases, and to further pages of a list, lead to the file that is in their place.
        """
        html = export_links.without_forms(html, lambda action: self._instead(action, own))
        return export_links.with_links(html, lambda link: self._leads(link, own))

    def _instead(self, action: str, own: str) -> str:
        """What stands in place of a form: where it says what to do."""
        target = (export_links.target_of(action, own) or "").partition("?")[0]
        place = f"{target.rstrip('/')}/"
        return self._render(own, "no_form.html", href=relative(place if place in FIXED else NEEDED, own))

    def _leads(self, link: str, own: str) -> str:
        target = export_links.target_of(link, own)
        if target is None or link.startswith("#"):
            return link
        path = target.partition("?")[0]
        no_page = self.what_needs_a_server(path) and re.search(r"\.[a-z]+$", path) and not path.endswith(".html")
        if no_page or export_links.release_of(target) not in (None, self._release.version):
            return relative(NEEDED, own)
        if link.startswith("/") and not link.startswith("//"):
            fragment = link.partition("#")[2]
            return relative(target, own) + (f"#{fragment}" if fragment else "")
        return link

    def own_files(self) -> dict[str, bytes]:
        """The files that are there for people and web servers, by name."""
        root = urlsplit(BASE).path
        given = {
            "root": root,
            "licence": LICENCE.value,
            "needs": NEEDED[1:],
            "dumps": self._dumps,
            "base": BASE,
            "marker": MARKER,
            "created": self._release.manifest["created"],
            "written": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
            "headers": [*HEADERS.items(), ("Sarcograph-Release", self._release.version)],
            "levels": _LEVELS,
            "types": [*_types().items(), *_OTHER_TYPES],
            "suffixes": "|".join(each.names[0] for each in FORMATS if each.form in (GRAPH, DATASET)),
            "accepted": _accepted(),
        }
        texts = (
            self._render("/", "readme.txt", **given),
            self._render("/", "not_found.html", **given),
            self._render("/", "htaccess.txt", **given),
            "",
        )
        return {name: text.encode() for name, text in zip(_OWN, texts, strict=True)}

    def _render(self, own: str, template: str, **given: object) -> str:
        with self._app.test_request_context(own, environ_overrides={SERVING: self._serving}):
            return render_template(f"export/{template}", version=self._release.version, fleeting=True, **given)


def seeds(site: Site) -> list[str]:
    """Where the search for what there is begins: all else is linked from here."""
    fixed = ("/", "/sitemap.xml", "/robots.txt", "/prefixes.ttl", "/prefixes.json", "/context.jsonld", "/prefixes")
    named = ("/ontology", "/shapes", "/releases", f"/release/{site.release.version}", "/dumps/")
    return [*fixed, *FIXED, *(f"/{kind}/" for kind in KINDS), *named, *graphs_of(site.release)]


def graphs_of(release: Release) -> list[str]:
    """The paths of the graphs of a release."""
    return [graph[len(BASE) - 1 :] for graph in release.manifest["graphs"] if graph.startswith(BASE)]


def suffix_of(media_type: str) -> str:
    """The suffix of a file that holds a media type."""
    return next((suffix for suffix, each in [*_types().items(), *_OTHER_TYPES] if each == media_type), "txt")


def _types() -> dict[str, str]:
    """The media type of each suffix of documents."""
    found = {each.names[0]: each.media_type for each in DOCUMENTS}
    return found | {each.names[0]: each.media_type for each in FORMATS if each.form == DATASET}


def _accepted() -> list[tuple[str, str]]:
    """What Accept may name, as a pattern, and the suffix of the document that it gets; the first among equals first."""
    named = [(re.escape(name), each.names[0]) for each in DOCUMENTS for name in (each.media_type, *each.aliases)]
    return [*named, (r"(?:\*/\*|\*|text/\*)", "ttl"), (r"application/\*", "trig")]
