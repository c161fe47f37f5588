"""The Flask application: the pages, and the page of the endpoint."""

from __future__ import annotations

from flask import Flask

from server import dump_pages, pages, query_page, release_pages, resolve_page, topic_pages
from server.serving import EXTENSION, Serving


def create_app(serving: Serving | None = None) -> Flask:
    """The WSGI application that makes pages. The front adds the headers that all answers have.

    What a page is made from is in the environment of its request, else `serving`.
    """
    app = Flask(__name__)
    app.extensions[EXTENSION] = serving
    app.register_blueprint(query_page.blueprint)
    app.register_blueprint(dump_pages.blueprint)
    app.register_blueprint(release_pages.blueprint)
    app.register_blueprint(resolve_page.blueprint)
    app.register_blueprint(topic_pages.blueprint)
    app.register_blueprint(pages.blueprint)
    return app
