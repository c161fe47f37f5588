"""The links of a page, a sitemap and a Link header that stay within the site; and pages for which no server stands by.

Links are told as targets: the path from the root of the site and its query, as in `/drug/a.ttl?page=2`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urldefrag, urljoin

from loader.namespaces import BASE

_SITE = "http://site.invalid"  # where links without a host lead
_FORM = re.compile(r"<form\b([^>]*)>.*?</form>", re.DOTALL | re.IGNORECASE)
_ACTION = re.compile(r"\baction=\"([^\"]*)\"")
_HREF = re.compile(r"\bhref=\"([^\"]*)\"")
_LOCATION = re.compile(r"<loc>([^<]*)</loc>")
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[a-z]+\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))*)", re.IGNORECASE)
_PARAMETER = re.compile(r"([a-z]+)\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


class _Reader(HTMLParser):
    """Collects what a page leads to and what it needs: href, src, and the target of a forwarding."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [value for name in ("href", "src") if (value := given.get(name))]
        if (given.get("http-equiv") or "").lower() == "refresh":
            self.found.append((given.get("content") or "").partition("url=")[2])


def of_page(html: str, target: str) -> list[str]:
    """The targets that a page links to; `target` is its own."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return _within(reader.found, target)


def of_sitemap(xml: str) -> list[str]:
    """The targets that a sitemap, or an index of sitemaps, lists."""
    return _within(map(unescape, _LOCATION.findall(xml)), "/")


def of_header(value: str, target: str) -> Iterator[tuple[str, str, str]]:
    """Target, relation and media type of each link of a Link header that stays within the site."""
    for match in _LINK.finditer(value):
        parameters = {name.lower(): quoted or plain for name, quoted, plain in _PARAMETER.findall(match[2])}
        for found in _within([match[1]], target):
            yield found, parameters.get("rel", ""), parameters.get("type", "")


def target_of(link: str, target: str) -> str | None:
    """What a link on a page leads to, None where that is not within the site. What is below BASE is: an IRI."""
    try:
        whole = urldefrag(urljoin(f"{_SITE}{target}", link)).url
    except ValueError:
        return None
    if whole.startswith(BASE):
        return f"/{whole[len(BASE) :]}"
    return (whole[len(_SITE) :] or "/") if re.match(rf"{re.escape(_SITE)}(?:[/?]|$)", whole) else None


def _within(found: Iterator[str] | list[str] | map[str], target: str) -> list[str]:
    targets = (target_of(link, target) for link in found)
    return list(dict.fromkeys(each for each in targets if each is not None))


def release_of(target: str) -> str | None:
    """The release that a target names in its query, None where it names none."""
    return dict(parse_qsl(target.partition("?")[2])).get("release")


def without_forms(html: str, instead: Callable[[str], str]) -> str:
    """A page with something else in place of each of its forms, which nobody would answer: what `instead` says for the
    address that the form is sent to."""

    def replaced(match: re.Match[str]) -> str:
        action = _ACTION.search(match[1])
        return instead(unescape(action[1]) if action else "")

    return _FORM.sub(replaced, html)


def with_links(html: str, leads: Callable[[str], str]) -> str:
    """A page whose links lead where `leads` says of each."""
    return _HREF.sub(lambda match: f'href="{escape(leads(unescape(match[1])))}"', html)
