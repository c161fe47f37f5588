"""The application on a release of the project's own facts, with a pool of real workers, alone and behind the front."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from fronts import FrontClient
from pools import RunningPool

from loader.release import open_current
from server.app import create_app
from server.serving import EXTENSION, Serving
from server.settings import Settings
from server.shelf import Shelf


@pytest.fixture(scope="session")
def real_pool(real_home: Path) -> Iterator[RunningPool]:
    """Workers that hold the release; they end with the tests."""
    pool = RunningPool(open_current(real_home).store_path, Settings(workers=1, reserved=1))
    yield pool
    pool.close()


@pytest.fixture(scope="session")
def serving_app(real_home: Path, real_pool: RunningPool) -> Flask:
    """The application."""
    return create_app(Serving(open_current(real_home), real_pool.asker, real_pool.settings, Shelf(real_home)))


@pytest.fixture(scope="session")
def client(real_home: Path, real_pool: RunningPool) -> FrontClient:
    """A client of the front that follows nothing by itself."""
    return FrontClient(real_pool, open_current(real_home), real_pool.settings)


@pytest.fixture(scope="session")
def served(serving_app: Flask) -> Serving:
    """What the application serves."""
    found = serving_app.extensions[EXTENSION]
    assert isinstance(found, Serving)
    return found
