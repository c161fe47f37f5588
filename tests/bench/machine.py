"""What the machine was and what it was doing: without that, milliseconds tell little."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

from tests.bench import virtuoso

_OURS = ("pyoxigraph", "uvicorn", "sarcograph")
_PEERS = ("maplib", "rdflib-endpoint", "oxrdflib", "pyoxigraph", "rdflib", "uvicorn")


def load() -> float:
    """The load average of the last minute."""
    return os.getloadavg()[0]


def about(peers: str | None) -> dict[str, str]:
    """Processor, cores, memory, kernel and versions; those of the peers where their Python is given."""
    told = {
        "processor": f"{_first('/proc/cpuinfo', 'model name')}, {os.cpu_count()} cores",
        "memory": _first("/proc/meminfo", "MemTotal"),
        "kernel": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "here": ", ".join(f"{name} {version(name)}" for name in _OURS),
    }
    if peers:
        program = f"from importlib.metadata import version as v; print(', '.join(n + ' ' + v(n) for n in {_PEERS!r}))"
        told["peers"] = subprocess.run(
            [peers, "-c", program], check=True, capture_output=True, text=True
        ).stdout.strip()
    if shutil.which(virtuoso.DAEMON):
        said = subprocess.run([virtuoso.DAEMON, "-?"], capture_output=True, text=True)
        match = re.search(r"Version ([\w.+-]+)", said.stdout + said.stderr)
        told["virtuoso"] = match[1] if match else "of unknown version"
    return told


def _first(path: str, key: str) -> str:
    match = re.search(rf"^{key}\s*:\s*(.+)$", Path(path).read_text(encoding="utf-8"), re.M)
    return match[1].strip() if match else "unknown"
