"""The address of a page itself: in a release that it names, or in the current one, with what else it asks kept."""

from __future__ import annotations

from urllib.parse import quote, unquote_plus

from server import links

_SAFE = "/:@!$&'()*+,;=-._~"  # what a path may hold as it is (RFC 3986)
_LONGEST = 60_000  # characters: no longer URL is read


def pinned(path: str, query: str, release: str) -> str | None:
    """The address of a page in one release; None where it is the same in all, or where no URL can be so long."""
    if links.is_the_same(path[1:]):
        return None
    found = _whole(path) + _asking(query, f"release={quote(release)}")
    return found if len(found) < _LONGEST else None


def current(path: str, query: str) -> str:
    """The address of a page in the current release, relative to itself: links from the root are made to name one."""
    return "./" + _whole(path).rpartition("/")[2] + _asking(query)


def _whole(path: str) -> str:
    return "/" + quote(path.lstrip("/"), safe=_SAFE)  # two slashes would begin the name of a host


def _asking(query: str, *more: str) -> str:
    """A query without the release that it names, as the client wrote it."""
    kept = [part for part in query.split("&") if part and unquote_plus(part.partition("=")[0]) != "release"]
    return "?" + "&".join([*kept, *more]) if kept or more else ""
