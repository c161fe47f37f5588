"""Answers every request with the same bytes: what the client costs, and the least that HTTP over loopback can take."""

from __future__ import annotations

import selectors
import socket
import sys

SIZE = 1500  # bytes of the body: about those of a point query's answer


def main() -> None:
    """Print the port, then answer until killed."""
    body = b"x" * SIZE
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b" % (SIZE, body)
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    print(listener.getsockname()[1], flush=True)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            one = key.fileobj
            assert isinstance(one, socket.socket)
            if one is listener:
                accepted, _ = listener.accept()
                accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(accepted, selectors.EVENT_READ)
            elif not one.recv(65536):
                selector.unregister(one)
                one.close()
            else:
                one.send(answer)


if __name__ == "__main__":
    sys.exit(main())
