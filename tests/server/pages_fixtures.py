"""The application on a release of the project's own facts, with a pool of real workers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pools import RunningPool

from loader.release import open_current
from server.app import create_app
from server.serving import EXTENSION, Serving
from server.settings import Settings
from server.shelf import Shelf


@pytest.fixture(scope="session")
def serving_app(real_home: Path) -> Iterator[Flask]:
    """The application; its workers end with the tests."""
    release = open_current(real_home)
    settings = Settings(workers=1, reserved=1)
    pool = RunningPool(release.store_path, settings)
    yield create_app(Serving(release, pool.asker, settings, Shelf(real_home)))
    pool.close()


@pytest.fixture
def client(serving_app: Flask) -> FlaskClient:
    """A client that follows nothing by itself."""
    return serving_app.test_client()


@pytest.fixture(scope="session")
def served(serving_app: Flask) -> Serving:
    """What the application serves."""
    found = serving_app.extensions[EXTENSION]
    assert isinstance(found, Serving)
    return found
