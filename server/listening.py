"""The server itself: takes an address, starts the workers, serves until it is told to stop."""

from __future__ import annotations

import logging
import signal
import socket
import sys
import threading
from types import FrameType

from loader.errors import PortInUseError, SarcographError
from loader.release import Release
from server.settings import Settings

_SPARE_THREADS = 16  # beyond those that run or wait for queries: for pages without a query, /health, errors
_URL_SIZE = 256 << 10  # bytes of a request's line and headers: long queries belong in a POST


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
        listener.listen(128)
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
    from server.workers import Pool

    pool = Pool(release.store_path, settings)

    def stop(number: int, frame: FrameType | None) -> None:
        # A thread, because this interrupts code that may hold the pool's lock. Queries end now, not at their deadline.
        threading.Thread(target=pool.close).start()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        from waitress.server import create_server

        from server.app import create_app  # while the workers start

        app = create_app(settings, release, pool)
        pool.wait_started()
        server = create_server(
            app,
            sockets=[listener],
            threads=settings.workers + settings.reserved + 2 * settings.queue + _SPARE_THREADS,
            ident="",
            connection_limit=500,
            channel_timeout=30,  # seconds without a byte
            asyncore_use_poll=True,
            max_request_header_size=_URL_SIZE,
            max_request_body_size=4 * settings.max_body,  # the endpoint's own limit answers in words
            channel_request_lookahead=1,  # so that a client's leaving is noticed while its query runs
            outbuf_high_watermark=settings.max_answer,  # a slow client's answer waits in a file, not in a worker
        )
        _quieten()
        _tell(pool.status()["confinement"], release, listener)
        server.run()
    except SystemExit:
        return
    finally:
        pool.close()
        listener.close()


def _tell(confinement: str, release: Release, listener: socket.socket) -> None:
    if confinement != "seccomp":
        print(f"sarcograph: {confinement}.", file=sys.stderr)
    print(f"Sarcograph {release.version} at {url(listener)}", flush=True)


def _quieten() -> None:
    """Waitress tells of an answer that broke off with a traceback; one line is enough."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    logging.getLogger("waitress").addFilter(_shorten)


def _shorten(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], SarcographError):
        record.msg = f"{record.getMessage()}: {record.exc_info[1]}"
        record.args, record.exc_info = (), None
    return True
