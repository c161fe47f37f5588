"""What the running server holds: the release, the workers, the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flask import current_app

from loader.release import Release
from server.settings import Settings

if TYPE_CHECKING:
    from server.workers import Pool

EXTENSION = "sarcograph"


@dataclass(frozen=True)
class Serving:
    """One release, served by one pool of workers under one set of settings."""

    release: Release
    pool: Pool
    settings: Settings


def serving() -> Serving:
    """What the application that handles the current request serves."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Serving)
    return found
