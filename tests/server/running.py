"""A server that runs, what it answers over HTTP, and what its processes are."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DRUGS = 2000  # in the small release of these tests
VERSION = "2026-11-24.1"
# 64,000 million rows to look at; none is an answer.
ENDLESS = """SELECT ?a WHERE { ?a ?p ?x . ?b ?q ?y . ?c ?r ?z . FILTER(CONCAT(STR(?x), STR(?y), STR(?z)) = "never") }"""


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running `sarcograph serve`."""

    process: subprocess.Popen[str]
    url: str

    def ask(
        self,
        path: str = "/sparql",
        body: bytes | None = None,
        method: str | None = None,
        headers: Mapping[str, str] | None = None,
        **parameters: str | list[str],
    ) -> Answer:
        """One request; keyword arguments are parameters of the URL."""
        url = self.url + path
        if parameters:
            url += "?" + urllib.parse.urlencode(parameters, doseq=True)
        request = urllib.request.Request(url, body, dict(headers or {}), method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return Answer(response.status, _lower(response.headers), response.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, _lower(error.headers), error.read())

    @contextlib.contextmanager
    def started(self, **parameters: str) -> Iterator[None]:
        """While one query runs; leave, and its connection is closed."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), 10) as connection:
            target = f"/sparql?{urllib.parse.urlencode(parameters)}"
            connection.sendall(f"GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            time.sleep(0.3)
            yield

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; returns the exit status."""
        self.process.send_signal(number)
        return self.process.wait(15)


def _lower(headers: Any) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def start(home: Path, **variables: str) -> Server:
    """Start `sarcograph serve` on a free port, with given environment variables, and wait until it is ready."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SARCOGRAPH_")}
    environment |= {"SARCOGRAPH_HOME": str(home), "HOST": "127.0.0.1", "PORT": "0"} | variables
    command = [str(Path(sys.executable).with_name("sarcograph")), "serve"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout and process.stderr
    line = process.stdout.readline()
    assert "http://" in line, process.stderr.read()
    return Server(process, line.split()[-1].rstrip("/"))


def children_of(pid: int) -> list[int]:
    """The process ids of a process's children, and of theirs, from /proc."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, path.read_text(encoding="utf-8").split()):
                found += [child, *children_of(child)]
    return found


def workers_of(pid: int) -> list[int]:
    """The process ids of a server's workers: the children of its nursery."""
    nursery, *workers = children_of(pid)
    return workers
