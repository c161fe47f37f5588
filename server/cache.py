"""Answers kept for the next who asks the same of the same release, and the tags by which a client names its copy."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from hashlib import blake2b

from loader.release import Release

_SHARE = 8  # no answer takes more than this part of the cache
_ENTRY = 1000  # bytes of an entry beside its body and its key's text, roughly


@dataclass(frozen=True)
class Stored:
    """A whole answer: `cap` is the number of rows that it was cut to, if it was."""

    media_type: str
    encoding: str
    cap: int | None
    body: bytes


class Cache:
    """The answers used last, within `size` bytes. Only what is the same whenever it is asked belongs here."""

    def __init__(self, size: int) -> None:
        self.largest = size // _SHARE
        self._left = size
        self._held: OrderedDict[Hashable, tuple[int, Stored]] = OrderedDict()

    def find(self, key: Hashable) -> Stored | None:
        """The answer kept under a key."""
        if key not in self._held:
            return None
        self._held.move_to_end(key)
        return self._held[key][1]

    def keep(self, key: Hashable, text: int, answer: Stored) -> None:
        """Keep an answer, and forget those not used for longest. `text` is the length of the key's text."""
        size = _ENTRY + 2 * text + len(answer.body)
        if size > self.largest or key in self._held:
            return
        self._held[key] = size, answer
        self._left -= size
        while self._left < 0:
            _, (freed, _) = self._held.popitem(last=False)
            self._left += freed


def tag(release: Release, *parts: object) -> str:
    """The weak entity tag (RFC 9110, section 8.8.3) of what the parts name in a release."""
    named = "\0".join(
        (release.version, release.manifest["content_hash"], release.manifest["code_version"], repr(parts))
    )
    return f'W/"{blake2b(named.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()}"'


def has(header: str | None, entity_tag: str) -> bool:
    """Whether If-None-Match names the tag. `*` does not count: what it matches is known only when it is there."""
    if not header:
        return False
    return entity_tag.removeprefix("W/") in (each.strip().removeprefix("W/") for each in header.split(","))
