"""The Flask application: the pages, and the page of the endpoint."""

from __future__ import annotations

from flask import Flask

from loader.release import Release
from server import pages, query_page
from server.asking import Asker
from server.serving import EXTENSION, Serving
from server.settings import Settings


def create_app(settings: Settings, release: Release, asker: Asker) -> Flask:
    """The WSGI application that makes the pages of one release. The front adds the headers that all answers have."""
    app = Flask(__name__)
    app.extensions[EXTENSION] = Serving(release, asker, settings)
    app.register_blueprint(query_page.blueprint)
    app.register_blueprint(pages.blueprint)
    return app
