"""The wheel, installed into an environment of its own, serves by itself."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.installed


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", str(ROOT)]
    subprocess.run([*command, "--wheel-dir", str(folder)], check=True, timeout=300)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def environment(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment that holds the wheel and what it needs, at the locked versions, and nothing else."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", with_pip=True)
    pins = re.findall(r"^[A-Za-z0-9._-]+==[^\s\\]+(?: ;[^\\\n]*)?", (ROOT / "requirements.lock").read_text(), re.M)
    (folder / "pins.txt").write_text("\n".join(pins))
    pip = [str(folder / "venv/bin/pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--constraint", str(folder / "pins.txt"), str(wheel)], check=True, timeout=600)
    return folder


@pytest.fixture(scope="module")
def url(environment: Path) -> Iterator[str]:
    command = str(environment / "venv/bin/sarcograph")
    settings = {"PATH": os.environ["PATH"], "SARCOGRAPH_HOME": str(environment / "home")}
    subprocess.run([command, "build"], check=True, env=settings, cwd=environment, timeout=120)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([command, "serve", "--port", str(port)], env=settings, cwd=environment)
    try:
        yield _ready(f"http://127.0.0.1:{port}", server)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(30)


def _ready(url: str, server: subprocess.Popen[bytes]) -> str:
    for _ in range(200):
        assert server.poll() is None
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return url
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the installed server did not start")


def test_the_wheel_holds_the_code_and_the_facts_but_no_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "loader/tables/drug.toml",
        "loader/facts/ontology/prefixes.ttl",
        "loader/facts/shapes/drug.ttl",
        "loader/facts/data/curated/drug/eribulin.ttl",
        "server/static/sarcograph.css",
        "server/templates/entity.html",
    ):
        assert wanted in names
    assert any(name.startswith("server/queries/examples/") for name in names)
    assert not [name for name in names if name.startswith("tests/") or "requirements" in name]


def test_the_installed_server_serves_a_page_and_answers_a_query(url: str) -> None:
    with urllib.request.urlopen(f"{url}/drug/trabectedin", timeout=10) as document:
        assert document.url.endswith("/drug/trabectedin.ttl")
        assert "<drug/trabectedin>" in document.read().decode()
    request = urllib.request.Request(f"{url}/drug/trabectedin", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request, timeout=10) as page:
        assert page.url.endswith("/drug/trabectedin.html")
        assert "trabectedin" in page.read().decode()
    query = "ASK+%7B+%3Fs+%3Fp+%3Fo+%7D"
    with urllib.request.urlopen(f"{url}/sparql?query={query}", timeout=10) as answer:
        assert json.load(answer)["boolean"] is True
