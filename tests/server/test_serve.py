"""`sarcograph serve` starts, says where it listens, says why it cannot, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import pytest
from running import ENDLESS, Server, workers_of

Start = Callable[..., Server]


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command and wait for its end."""
    environment = {name: value for name, value in os.environ.items() if name not in ("HOST", "PORT")}
    command = [str(Path(sys.executable).with_name("sarcograph")), *arguments]
    return subprocess.run(command, env=environment | variables, capture_output=True, text=True, timeout=30, check=False)


def gone(pids: list[int], seconds: float = 5.0) -> bool:
    """Whether the processes end within some seconds."""
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() and _runs(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_server_and_its_workers_in_order(start_server: Start, number: int) -> None:
    server = start_server(SARCOGRAPH_WORKERS="2")
    workers = workers_of(server.process.pid)
    assert len(workers) == 4
    with ThreadPoolExecutor() as threads:
        running = threads.submit(server.ask, query=ENDLESS)
        time.sleep(0.3)
        server.process.send_signal(number)
        assert server.process.wait(5) == 0
        assert running.exception() or running.result().status == 503
    assert gone(workers)
    assert server.process.stderr and server.process.stderr.read() == ""


def test_a_server_that_is_killed_leaves_no_worker_behind(start_server: Start) -> None:
    server = start_server(SARCOGRAPH_WORKERS="2")
    workers = workers_of(server.process.pid)
    with ThreadPoolExecutor() as threads:
        running = threads.submit(server.ask, query=ENDLESS)
        time.sleep(0.3)
        server.process.kill()
        server.process.wait(5)
        assert running.exception()
    assert workers and gone(workers)


def test_a_worker_that_is_killed_is_replaced(start_server: Start) -> None:
    server = start_server(SARCOGRAPH_WORKERS="1", SARCOGRAPH_RESERVED_WORKERS="1")
    before = workers_of(server.process.pid)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    assert gone(before)
    end = time.monotonic() + 5
    while server.ask("/health").json["workers"]["live"] < 2:
        assert time.monotonic() < end
        time.sleep(0.05)
    assert not set(before) & set(workers_of(server.process.pid))


def test_the_second_start_is_quick(start_server: Start) -> None:
    begun = time.monotonic()
    server = start_server()
    assert server.ask("/health").status == 200
    assert time.monotonic() - begun < 3


def test_a_port_in_use_is_told_in_a_sentence(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", str(port), SARCOGRAPH_HOME=str(home))
    assert ended.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_is_not_ours_is_told_in_a_sentence(home: Path) -> None:
    ended = run("serve", "--host", "192.0.2.1", "--port", "0", SARCOGRAPH_HOME=str(home))
    assert ended.returncode == 1
    assert "cannot listen on 192.0.2.1" in ended.stderr


def test_a_home_without_a_release_is_told_in_a_sentence(tmp_path: Path) -> None:
    ended = run("serve", "--port", "0", SARCOGRAPH_HOME=str(tmp_path))
    assert ended.returncode == 1
    assert "sarcograph build" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_setting_that_means_nothing_is_told_in_a_sentence(home: Path) -> None:
    ended = run("serve", "--port", "0", SARCOGRAPH_HOME=str(home), SARCOGRAPH_WORKERS="many")
    assert ended.returncode == 1
    assert "SARCOGRAPH_WORKERS is 'many'; expected a number of processes" in ended.stderr


def test_an_option_that_does_not_exist_is_told_with_exit_status_2() -> None:
    ended = run("serve", "--prot", "8000")
    assert ended.returncode == 2
    assert "--prot" in ended.stderr


def test_the_command_tells_its_version_and_its_commands() -> None:
    assert run("--version").stdout.strip().endswith(version("sarcograph"))
    listed = run("--help").stdout
    assert all(name in listed for name in ("serve", "build", "validate", "format", "import-table"))


def test_serving_does_not_load_what_only_building_needs() -> None:
    code = "import sys, server.cli, server.listening, server.app; print(*sys.modules)"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pyshacl", "rdflib"} & set(ended.stdout.split())
