"""The server itself: takes an address, starts the workers, serves until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, cast

import uvicorn

from loader.context import Context
from loader.errors import PortInUseError, SarcographError
from loader.release import Release
from server.settings import Settings
from server.workers import Pool

if TYPE_CHECKING:
    from server.front import Front
    from server.site import Site
    from server.succession import Succession

_KEPT_ALIVE = 30  # seconds that a connection may be idle between requests
_LAST_SECONDS = 1  # for answers under way when the server is told to stop
_BACKLOG = 1024
_OTHER_FILES = 500  # open files beside connections: workers, releases
_TURN = 0.0005  # seconds that a thread may go on while another waits
_FEWEST = 10  # connections, however few files may be open
_FILES_EACH = 2  # open files of a connection: its socket, and the file in which its answer may wait


def bind(host: str, port: int) -> socket.socket:
    """A socket that listens on the address. Raises PortInUseError."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError as error:
        raise PortInUseError(host, port, error.strerror or str(error)) from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise PortInUseError(host, port, error.strerror or str(error)) from error
    return listener


def url(listener: socket.socket) -> str:
    """The URL of the start page, as it can be opened on this machine."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}/"


def serve(settings: Settings, release: Release, listener: socket.socket) -> None:
    """Serve a release until SIGTERM or SIGINT; then end every worker and return.

    Prints one line when it is ready. Raises ReleaseError where the workers cannot open the release.
    """
    import uvloop

    settings = replace(settings, connections=allow_connections(settings.connections))
    try:
        uvloop.run(_serve(settings, release, listener))
    finally:
        listener.close()


def allow_connections(wanted: int) -> int:
    """How many connections this process may hold at once: as many as wanted, or as the limit of open files leaves."""
    files = wanted * _FILES_EACH + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft == resource.RLIM_INFINITY:
        return wanted
    if soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return min(wanted, max(_FEWEST, (max(soft, allowed) - _OTHER_FILES) // _FILES_EACH))


async def _serve(settings: Settings, release: Release, listener: socket.socket) -> None:
    pool = Pool(release.store_path, settings, _size(release))
    starting = asyncio.create_task(pool.start())
    await asyncio.sleep(0)
    from server.app import create_app  # while the release is loaded
    from server.cache import Cache
    from server.front import Front
    from server.pages_in_threads import Pages
    from server.shelf import Shelf
    from server.site import Site
    from server.succession import Succession

    # A thread that makes a page gives way to the event loop so soon; pages are made as quickly as without.
    sys.setswitchinterval(_TURN)
    app = create_app()
    shelf, cache = Shelf(release.path.parents[1]), Cache(settings.cache)

    async def open_site(release: Release, pool: Pool | None = None) -> Site:
        if pool is None:
            pool = Pool(release.store_path, settings, _size(release))
            await pool.start()
        site = Site(release, pool, settings, cache, Context(), shelf, release)
        try:
            return replace(site, context=await site.read_context())
        except SarcographError:
            await pool.close()
            raise

    try:
        await starting
        succession = Succession(await open_site(release, pool), open_site)
        front = Front(succession, Pages(app, settings.max_body))
        await _Server(front, settings, succession, listener).serve([listener])
        await succession.close()
    finally:
        await pool.close()


def _size(release: Release) -> int:
    """About how many quads a release holds."""
    return int(max(release.manifest["triples"], sum(release.manifest["graphs"].values())))


class _Server(uvicorn.Server):
    """uvicorn with connections that have limits. It says that it is ready, and ends workers when it is told to stop."""

    def __init__(self, front: Front, settings: Settings, succession: Succession, listener: socket.socket) -> None:
        from server.connection import Connection

        connection = partial(Connection, most=settings.connections, release=lambda: succession.site.release.version)
        config = uvicorn.Config(
            front,
            http=cast("type[asyncio.Protocol]", connection),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=_KEPT_ALIVE,
            timeout_graceful_shutdown=_LAST_SECONDS,
        )
        super().__init__(config)
        self._succession = succession
        self._listener = listener
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """In place of uvicorn's own, which ends the process with the signal."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        """Queries end now, not at their deadline."""
        self.should_exit = True
        self._stopping = asyncio.create_task(self._succession.close())

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        from server.connection import sweep

        _quieten()
        gc.collect()
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        gc.set_threshold(10_000, 50, 50)  # a request leaves little behind
        await super().startup(sockets)
        self._tasks.append(asyncio.create_task(sweep(self.server_state.connections)))
        self._tasks.append(asyncio.create_task(self._succession.watch()))
        confinement = self._succession.site.pool.status()["confinement"]
        if confinement != "seccomp":
            print(f"sarcograph: {confinement}.", file=sys.stderr)
        print(f"Sarcograph {self._succession.site.release.version} at {url(self._listener)}", flush=True)


def _quieten() -> None:
    """An answer that was broken off has been told in a line already."""
    log = logging.getLogger("uvicorn.error")
    log.setLevel(logging.ERROR)
    log.addFilter(lambda record: "returned without" not in record.getMessage())
