"""Peers from the Python package index, run by a Python that has them: see requirements-bench.lock.

`maplib` is asked in its own process and, since it brings no server, behind the one of the standard library.
`rdflib-endpoint` serves an in-memory Oxigraph store through oxrdflib, as its documentation recommends; uvicorn runs it.
"""

from __future__ import annotations

import socket
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.bench import engine


def maplib(data: str) -> None:
    """maplib in its own process."""
    begin = time.perf_counter()
    model = _model(data)
    engine.run(lambda text, graph: _json(model, text), time.perf_counter() - begin)


def maplib_http(data: str) -> None:
    """maplib behind the server of the standard library."""
    begin = time.perf_counter()
    model = _model(data)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # head and body in one packet
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            body = _json(model, parse_qs(urlsplit(self.path).query)["query"][0])
            self.send_response(200)
            self.send_header("Content-Type", "application/sparql-results+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    _ready(begin, server.server_port)
    server.serve_forever()


def _model(data: str) -> Any:
    from maplib import Model

    model = Model()
    model.read(data)
    return model


def _json(model: Any, text: str) -> bytes:
    answer: str = model.query(text, return_json=True)
    return answer.encode()


def rdflib_endpoint(data: str) -> None:
    """rdflib-endpoint over an Oxigraph store in memory."""
    import uvicorn
    from oxrdflib import OxigraphStore
    from pyoxigraph import RdfFormat, Store
    from rdflib import Dataset
    from rdflib_endpoint import SparqlEndpoint

    begin = time.perf_counter()
    store = Store()
    store.bulk_load(path=data, format=RdfFormat.N_TRIPLES)
    dataset = Dataset(store=OxigraphStore(store=store), default_union=True)
    app = SparqlEndpoint(graph=dataset, path="/sparql")
    listener = socket.create_server(("127.0.0.1", 0))
    _ready(begin, listener.getsockname()[1])
    uvicorn.Server(uvicorn.Config(app, log_level="error")).run([listener])


def _ready(begin: float, port: int) -> None:
    print(f'{{"load": {time.perf_counter() - begin:.3f}, "port": {port}}}', flush=True)


if __name__ == "__main__":
    {"maplib": maplib, "maplib-http": maplib_http, "rdflib-endpoint": rdflib_endpoint}[sys.argv[1]](sys.argv[2])
