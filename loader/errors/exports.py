"""Errors of the static export."""

from __future__ import annotations

from loader.errors.facts import SarcographError


class ExportError(SarcographError):
    """A release cannot be written as static files; the folder that was named is as it was."""
