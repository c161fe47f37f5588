"""What a query worker gives up before it opens a store: the network, other programs, memory without end.

On Linux a seccomp filter answers EPERM to every system call that makes or uses sockets, starts programs or reaches into
other processes. It is there because the engine's SERVICE has no switch. Elsewhere the guard is the only wall, and
`enter` says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2

_NICENESS = 5

# Calls refused: (x86_64, aarch64). Numbers from the kernel's syscall tables.
_REFUSED = {
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "io_uring_setup": (425, 425),
    "pidfd_getfd": (438, 438),
}
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x40000000  # system calls of the x32 ABI have this bit; the filter refuses them all

# What the nursery needs and no worker does: to take orders, to start and end processes.
_REFUSED_TO_WORKERS = {
    "recvmsg": (47, 212),
    "fork": (57, 220),  # aarch64 has clone alone
    "vfork": (58, 220),
    "kill": (62, 129),
    "tkill": (200, 130),
    "sched_setscheduler": (144, 119),
    "setpriority": (141, 140),
    "pidfd_send_signal": (424, 424),
    "pidfd_open": (434, 434),
}
_CLONE = (56, 220)
_CLONE3 = (435, 435)
_CLONE_THREAD = 0x10000

# Classic BPF: load word, jump if equal, jump if greater or equal, return.
_LOAD, _EQUAL, _AT_LEAST, _HAS_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000
_DENY = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS


class _Program(ctypes.Structure):
    """struct sock_fprog of linux/filter.h."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


_LIBC = ctypes.CDLL(None, use_errno=True)


def enter() -> str:
    """Give up what a worker does not need; processes that this one forks have given it up too.

    Returns "seccomp", or a sentence that says why there is no filter. Call it before any thread is started.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform != "linux":
        return f"{sys.platform} has no seccomp; only the guard keeps queries off the network"
    return _filter(_LIBC, _instructions)


def stay_alone() -> None:
    """Give up what a worker needs less than its nursery: to take orders, and to start, end or rule processes."""
    if sys.platform == "linux":
        _filter(_LIBC, _worker_instructions)


def die_with(parent: int) -> None:
    """Have this process end when the thread of `parent` (a process id) that started it does; where it has, end now."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(0)


def be_killed_first() -> None:
    """Where the machine runs out of memory, a worker is the one to end, not the server."""
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "wb") as score:
        score.write(b"1000")


def yield_processors(process: int, yields: bool) -> None:
    """Have a process let others go first, or no longer, which many systems allow only to some.

    Not more than _NICENESS: the system has locks that a process may hold while it waits for a processor, such as those
    of memory shared by forking, and then everybody waits for it.
    """
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{process}/task") if sys.platform == "linux" else [str(process)]
        for thread in threads:
            os.setpriority(os.PRIO_PROCESS, int(thread), _NICENESS if yields else 0)


def _filter(libc: ctypes.CDLL, write: Callable[[str], list[tuple[int, int, int, int]]]) -> str:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return f"no filter is known for {machine}; only the guard keeps queries off the network"
    instructions = write(machine)
    program = b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)
    code = ctypes.create_string_buffer(program, len(program))
    description = _Program(len(instructions), ctypes.cast(code, ctypes.c_void_p))
    refused = libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or libc.prctl(
        _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(description), 0, 0
    )
    if refused:
        reason = os.strerror(ctypes.get_errno())
        return f"the kernel refused the filter ({reason}); only the guard keeps queries off the network"
    return "seccomp"


def _instructions(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter: another architecture's calls and the listed ones are denied, the others allowed."""
    architecture, column = _ARCHITECTURES[machine]
    numbers = sorted({pair[column] for pair in _REFUSED.values()})
    to_deny = len(numbers) + 1  # from just behind the x32 test, over the numbers and the ALLOW
    program = [
        (_LOAD, 0, 0, 4),  # seccomp_data.arch
        (_EQUAL, 0, to_deny + 2, architecture),
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_AT_LEAST, to_deny, 0, _X32),
    ]
    for position, number in enumerate(numbers):
        program.append((_EQUAL, len(numbers) - position, 0, number))
    return [*program, (_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _DENY)]


def _worker_instructions(machine: str) -> list[tuple[int, int, int, int]]:
    """A second filter: the listed calls are denied, and clone without CLONE_THREAD; clone3, which keeps its flags in
    memory, is told to be unknown, so that clone is used."""
    _, column = _ARCHITECTURES[machine]
    numbers = sorted({pair[column] for pair in _REFUSED_TO_WORKERS.values()} - {_CLONE[column]})
    count = len(numbers)
    program = [
        (_LOAD, 0, 0, 0),  # seccomp_data.nr
        (_EQUAL, count + 2, 0, _CLONE3[column]),
        (_EQUAL, count + 2, 0, _CLONE[column]),
    ]
    program += [(_EQUAL, count - position + 4, 0, number) for position, number in enumerate(numbers)]
    return [
        *program,
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _UNKNOWN),
        (_LOAD, 0, 0, 16),  # the low half of seccomp_data.args[0]
        (_HAS_BITS, 0, 1, _CLONE_THREAD),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _DENY),
    ]


def address_space() -> int:
    """Bytes of address space that this process has, 0 where it cannot be told."""
    try:
        with open("/proc/self/statm", "rb") as sizes:
            return int(sizes.read().split()[0]) * resource.getpagesize()
    except OSError:
        return 0


def limit_memory(more: int) -> None:
    """Let this process have `more` bytes beyond what it has now; an allocation beyond that ends it."""
    limit = address_space() + more
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS has the name but not the limit
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
