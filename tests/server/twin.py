"""A static export behind Python's own web server, and a walk along all its links."""

from __future__ import annotations

import contextlib
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urljoin
from xml.etree import ElementTree

from running import Answer


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nothing is told of each request."""


@contextlib.contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The URL of a folder while it is served on loopback."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def get(url: str, headers: Mapping[str, str] | None = None) -> Answer:
    """What a URL answers in the end, after whatever redirects."""
    request = urllib.request.Request(url, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            said = {name.lower(): value for name, value in response.headers.items()} | {"url": response.url}
            return Answer(response.status, said, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, {"url": url}, b"")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value for name, value in attrs if name in ("href", "src", "action") and value]
        self.links += [
            value.partition("url=")[2] for name, value in attrs if name == "content" and value and "url=" in value
        ]


def walk(start: str) -> tuple[set[str], list[str]]:
    """Every URL below `start` that is linked to, from its pages and sitemaps, and those that do not answer 200, each
    with the page that has the link."""
    known, waiting, broken = {start}, [(start, "the start")], []
    if get(f"{start}sitemap.xml").status == 200:
        known.add(f"{start}sitemap.xml")
        waiting.append((f"{start}sitemap.xml", "the start"))
    while waiting:
        url, page = waiting.pop()
        answer = get(url)
        if answer.status != 200:
            broken.append(f"{url} on {page}: {answer.status}")
            continue
        for link in _links(answer):
            found = urldefrag(urljoin(answer.headers["url"], link)).url
            if found.startswith(start) and found not in known:
                known.add(found)
                waiting.append((found, url))
    return known, broken


def _links(answer: Answer) -> list[str]:
    if answer.media_type == "text/html":
        page = _Page()
        page.feed(answer.body.decode())
        page.close()
        assert "form" not in page.tags, f"{answer.headers['url']} has a form that nobody answers"
        return page.links
    if answer.headers["url"].partition("?")[0].rpartition("/")[2].startswith("sitemap"):
        return [
            element.text or "" for element in ElementTree.fromstring(answer.body).iter() if element.tag.endswith("}loc")
        ]
    return []
