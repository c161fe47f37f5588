"""What a release says of itself in its manifest.json, and whether a file holds that."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

_TEXTS = ("version", "created", "content_hash", "code_version")
_NUMBERS = ("counts", "graphs")  # each a number by name
_FILE = {"name": str, "bytes": int, "sha256": str}


def is_manifest(found: object, version: str) -> bool:
    """Whether what was read from a file is the manifest of a release: what readers rely on is there, and of its type.

    `validation` is None for a release that was loaded without; `dumps` need not be there.
    """
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _TEXTS):
        return False
    return (
        found["version"] == version
        and _is_time(found["created"])
        and type(found.get("triples")) is int
        and all(_is_numbers(found.get(name)) for name in _NUMBERS)
        and "validation" in found
        and (found["validation"] is None or _is_numbers(found["validation"]))
        and _are_files(found.get("dumps", []))
    )


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _is_numbers(found: object) -> bool:
    return isinstance(found, dict) and all(type(value) is int for value in found.values())


def _are_files(found: object) -> bool:
    return isinstance(found, list) and all(isinstance(each, dict) and _is_file(each) for each in found)


def _is_file(entry: Mapping[str, Any]) -> bool:
    return all(type(entry.get(name)) is kind for name, kind in _FILE.items())
