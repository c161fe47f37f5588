"""The application: endpoint, pages, health, and the headers that every answer carries."""

from __future__ import annotations

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from loader.errors import SarcographError
from loader.release import Release
from server import pages, problems, queries, sparql
from server.serving import EXTENSION, Serving, serving
from server.settings import Settings
from server.workers import Pool

_HEALTH_SECONDS = 2.0

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    # Everything here is public and nothing asks who you are, so that scripts of any site may read it, errors too.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Content-Location, Retry-After, Sarcograph-Release",
}


def create_app(settings: Settings, release: Release, pool: Pool) -> Flask:
    """The WSGI application that serves one release from one pool."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = Serving(release, pool, settings)
    app.register_blueprint(sparql.blueprint)
    app.register_blueprint(pages.blueprint)
    app.add_url_rule("/health", view_func=health)
    app.register_error_handler(HTTPException, problems.respond_http)
    app.register_error_handler(SarcographError, problems.respond)
    app.after_request(_add_headers)
    return app


def health() -> tuple[Response, int]:
    """Whether queries are answered right now, found by asking one, and whether dead workers can be replaced.

    A worker that is just being replaced is no fault: it is missing for a tenth of a second after each cut-off query.
    """
    pool = serving().pool
    query = queries.read("health").text
    try:
        answered = b"true" in pool.run(query, deadline=_HEALTH_SECONDS, reserved=True).read()
    except SarcographError:
        answered = False
    status = pool.status()
    well = answered and status["failure"] is None
    body = {
        "status": "ok" if well else "degraded",
        "release": serving().release.version,
        "answered": answered,
        "workers": {name: status[name] for name in ("live", "expected", "busy", "waiting", "confinement", "failure")},
    }
    response = jsonify(body)
    response.headers["Cache-Control"] = "no-store"
    return response, 200 if answered else 503


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Sarcograph-Release"] = serving().release.version
    if request.path.rstrip("/") == "/sparql":
        response.headers["Vary"] = "Accept"
    return response
