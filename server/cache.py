"""Answers kept for the next who asks the same of the same release, and the tags by which a client names its copy."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from importlib.metadata import version

from loader.release import Release

_CODE = version("sarcograph")  # which writes the answers
_SHARE = 8  # no answer takes more than this part of the cache
_ENTRY = 1000  # bytes of an entry beside its body, roughly


@dataclass(frozen=True)
class Stored:
    """A whole answer: `cap` is the number of rows that it was cut to, if it was, `pages` of how many it is one page,
    `headers` are those that it is sent with, where they are kept with it."""

    media_type: str
    encoding: str
    cap: int | None
    body: bytes
    pages: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The bytes that it takes, roughly."""
        return _ENTRY + len(self.body) + sum(len(name) + len(value) for name, value in self.headers.items())


class Cache:
    """The answers used last, within `size` bytes. Only what is the same whenever it is asked belongs here."""

    def __init__(self, size: int) -> None:
        self.largest = size // _SHARE
        self._left = size
        self._held: OrderedDict[bytes, Stored] = OrderedDict()

    def find(self, key: object) -> Stored | None:
        """The answer kept under a key: whatever has a repr() that names it."""
        if not self.largest:
            return None
        name = _digest(key)
        if name not in self._held:
            return None
        self._held.move_to_end(name)
        return self._held[name]

    def keep(self, key: object, answer: Stored) -> None:
        """Keep an answer, and forget those not used for longest."""
        size = answer.size
        if size > self.largest:
            return
        name = _digest(key)
        if name in self._held:
            return
        self._held[name] = answer
        self._left -= size
        while self._left < 0:
            _, freed = self._held.popitem(last=False)
            self._left += freed.size


def _digest(key: object) -> bytes:
    """A key may be as long as its query: what is kept of it is short."""
    return blake2b(repr(key).encode("utf-8", "surrogatepass"), digest_size=16).digest()


def tag(release: Release, *parts: object) -> str:
    """The weak entity tag (RFC 9110, section 8.8.3) of what the parts name in a release."""
    named = "\0".join((release.version, release.manifest["content_hash"], _CODE, repr(parts)))
    return f'W/"{blake2b(named.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()}"'


def has(header: str | None, entity_tag: str) -> bool:
    """Whether If-None-Match names the tag. `*` does not count: what it matches is known only when it is there."""
    if not header:
        return False
    return entity_tag.removeprefix("W/") in (each.strip().removeprefix("W/") for each in header.split(","))
