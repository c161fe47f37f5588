"""A server on the project's own facts, for other people's programs to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "server"))

from running import Server, start  # noqa: E402


@pytest.fixture(scope="session")
def asked(real_home: Path) -> Iterator[Server]:
    """The server that is asked."""
    server = start(real_home, SARCOGRAPH_WORKERS="3", SARCOGRAPH_RESERVED_WORKERS="1")
    yield server
    assert server.stop() == 0
    said = server.process.communicate()[1]
    assert "Traceback" not in said, said


@pytest.fixture(scope="session")
def endpoint(asked: Server) -> str:
    """The URL of its endpoint."""
    return asked.url + "/sparql"
