"""Clients from npm: installed once, from a package-lock.json, into the cache folder of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

OLDEST_NODE = 20


def installed(locked: Path, command: str) -> list[str]:
    """The command line that starts a client: `locked` is the folder of its package-lock.json, `command` the script.

    Skips where node is not there or too old, or with npm's last words where there is no registry to be reached.
    """
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("node and npm are not installed")
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    if int(version.strip().lstrip("v").partition(".")[0]) < OLDEST_NODE:
        pytest.skip(f"node is {version.strip()}, and Comunica needs {OLDEST_NODE} or newer")
    digest = sha256((locked / "package-lock.json").read_bytes()).hexdigest()
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = caches / "sarcograph-tests" / f"npm-{digest[:16]}"
    if not (folder / "complete").is_file():
        _install(npm, locked, folder)
    return [node, str(folder / "node_modules" / command)]


def _install(npm: str, locked: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(locked / name, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if ended.returncode:
        pytest.skip(f"Comunica cannot be installed: {ended.stderr.strip()[-300:]}")
    (folder / "complete").touch()
