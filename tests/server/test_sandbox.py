"""What a worker can no longer do, tried by a process that has given it up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or os.uname().machine not in ("x86_64", "aarch64"),
    reason="the filters are of Linux on two kinds of machine",
)

BEGIN = "import os, socket, threading; from server import sandbox; own, other = socket.socketpair(); "
NURSERY = "assert sandbox.enter() == 'seccomp'; "
WORKER = NURSERY + "sandbox.stay_alone(); "


def tried(code: str) -> str:
    """The last line that a program writes, on whichever channel."""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    return (ended.stdout + ended.stderr).strip().splitlines()[-1]


@pytest.mark.parametrize(
    "call",
    [
        "socket.socket()",
        "socket.socketpair()",
        "own.sendmsg([b'x'])",
        "socket.create_connection(('127.0.0.1', 9))",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_neither_nursery_nor_worker_reaches_out_or_starts_programs(call: str) -> None:
    for given_up in (NURSERY, WORKER):
        assert tried(BEGIN + given_up + call).startswith("PermissionError: [Errno 1]")


@pytest.mark.parametrize(
    "call",
    [
        "os.fork()",
        "os.kill(os.getppid(), 0)",
        "os.pidfd_open(os.getppid())",
        "socket.recv_fds(own, 1, 1)",
        "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))",
    ],
)
def test_a_worker_starts_rules_and_listens_to_no_other_process(call: str) -> None:
    assert tried(BEGIN + WORKER + call).startswith("PermissionError: [Errno 1]")


def test_a_worker_has_threads_and_its_socket() -> None:
    code = "t = threading.Thread(target=os.write, args=(own.fileno(), b'x')); t.start(); t.join(); print(other.recv(1))"
    assert tried(BEGIN + WORKER + code.replace("other.recv(1)", "os.read(other.fileno(), 1)")) == "b'x'"


def test_a_nursery_starts_processes() -> None:
    assert tried(BEGIN + NURSERY + "pid = os.fork() or os._exit(7); print(os.waitpid(pid, 0)[1] >> 8)") == "7"
