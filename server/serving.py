"""What the page of a request is made from: a release, the door to the workers that know it, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app, request

from loader.release import Release
from server.settings import Settings
from server.shelf import Shelf

if TYPE_CHECKING:
    from server.asking import Asker

EXTENSION = "sarcograph"
SERVING = "sarcograph.serving"  # in the environment of a request


@dataclass(frozen=True)
class Serving:
    """A release, the door to the workers that answer queries on it, the settings, the shelf of all releases, and
    whether the request named this one: then links name it as well."""

    release: Release
    asker: Asker
    settings: Settings
    shelf: Shelf
    pinned: bool = False


def serving() -> Serving:
    """What the current request asks of."""
    found = request.environ.get(SERVING) or current_app.extensions[EXTENSION]
    assert isinstance(found, Serving)
    return found
