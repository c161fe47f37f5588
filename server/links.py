"""The links of a finished page: relative, so that the site may be served below any path; and of the page's release.

Templates write `href="/drug/trabectedin.html"`. On `/trial/study-309.html` it becomes
`href="../drug/trabectedin.html"`; where the request named its release, `href="../drug/trabectedin.html?release=…"`.

It is done on the whole page at once. Templates escape the quotes of all data, so that what reads like an attribute with
a quoted value is one: no text of the graph or of a visitor can look like it.
"""

from __future__ import annotations

import re
from html import escape
from urllib.parse import quote

_LINK = re.compile(r'(?<=\s)(href|src|action)="/(?!/)([^"]*)"')
_ASKING = re.compile(r'<form\b[^>]*\smethod="get"[^>]*>')
# What is the same in all releases, or names its release itself.
_THE_SAME = re.compile(r"(?:static|dumps|releases|release|problem)(?:[/.?#]|$)|[a-z0-9]+\.(?:txt|xml)$")
_NAMED = re.compile(r"[?;&]release=")


def adapt(html: str, path: str, release: str | None = None) -> str:
    """A page as it is sent. `path` is its own, as the client wrote it, with what is escaped in it; `release` is the
    version that its request named, if it did: links within the site then name it, and forms send it along."""
    climb = "../" * (path.count("/") - 1) or "./"

    def lead(match: re.Match[str]) -> str:
        target = _of_release(match[2], release) if release else match[2]
        return f'{match[1]}="{climb}{target}"'

    html = _LINK.sub(lead, html)
    if release:
        field = f'<input type="hidden" name="release" value="{escape(release)}">'
        html = _ASKING.sub(lambda match: match[0] + field, html)
    return html


def is_the_same(target: str) -> bool:
    """Whether what a target, without its first slash, leads to is the same in all releases or names its own."""
    return bool(_THE_SAME.match(target))


def _of_release(target: str, release: str) -> str:
    """A target, as it stands in the page, with the release in its query."""
    if is_the_same(target) or _NAMED.search(target):
        return target
    whole, mark, fragment = _split(target)
    return f"{whole}{'&amp;' if '?' in whole else '?'}release={quote(release)}{mark}{fragment}"


def _split(target: str) -> tuple[str, str, str]:
    """A target before and after its fragment; the `#` of a character reference (`&#39;`) begins none."""
    found = re.search(r"(?<!&)#", target)
    return (target[: found.start()], "#", target[found.end() :]) if found else (target, "", "")
