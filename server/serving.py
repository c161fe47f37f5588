"""What the pages are made from: the release, the door to its workers, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from loader.release import Release
from server.settings import Settings

if TYPE_CHECKING:
    from server.asking import Asker

EXTENSION = "sarcograph"


@dataclass(frozen=True)
class Serving:
    """One release, the door to the workers that answer queries on it, the settings."""

    release: Release
    asker: Asker
    settings: Settings


def serving() -> Serving:
    """What the application that handles the current request serves."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Serving)
    return found
