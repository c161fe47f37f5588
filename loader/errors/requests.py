"""Errors of requests."""

from __future__ import annotations

from collections.abc import Sequence

from loader.errors.facts import SarcographError


class RequestError(SarcographError):
    """A request to the endpoint does not keep to the protocol. `sentence` says how, and what to send instead."""

    def __init__(self, sentence: str) -> None:
        self.sentence = sentence
        super().__init__(sentence)


class NotAcceptableError(RequestError):
    """The answer cannot be written in any format that was asked for. `offers` are those that it can be written in."""

    def __init__(self, form: str, asked: str, offers: Sequence[str]) -> None:
        self.form = form
        self.asked = asked[:200]
        self.offers = tuple(offers)
        super().__init__(f"the answer to {form} is not written as {self.asked!r}. Ask for one of: {', '.join(offers)}.")


class MediaTypeError(RequestError):
    """The body of the request is of a type that is not read here. `accepted` are those that are."""

    def __init__(self, found: str, accepted: Sequence[str]) -> None:
        self.accepted = tuple(accepted)
        super().__init__(f"the body is {found or 'of no stated type'}; accepted is {' or '.join(accepted)}.")


class BodySizeError(RequestError):
    """The body of the request is too large (bytes)."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes, the most that is read. Shorten or split the query.")


class MethodError(RequestError):
    """The request's method is none that is answered there. `allowed` are those that are."""

    def __init__(self, method: str, allowed: Sequence[str]) -> None:
        self.allowed = tuple(allowed)
        super().__init__(f"{method[:40]} is not answered here; {', '.join(allowed)} are.")


class UnknownGraphError(RequestError):
    """No graph of the release has that name."""

    def __init__(self, iri: str) -> None:
        super().__init__(
            f"the release has no graph <{iri[:200]}>. /graphs?default and /.well-known/void name those there are."
        )


class UnknownReleaseError(RequestError):
    """No release of that version is kept here. `versions` are the newest that are."""

    def __init__(self, version: str, versions: Sequence[str]) -> None:
        found = f"there is no release {version[:40]!r} here"
        super().__init__(f"{found}; there is {', '.join(versions[:3])}. /releases lists all.")


class UnknownFileError(RequestError):
    """The dump of a release has no file of that name."""

    def __init__(self, name: str, version: str) -> None:
        super().__init__(
            f"the dump of release {version} has no file {name[:80]!r}. /dumps/{version}/ lists what it has."
        )


class UnknownEntityError(RequestError):
    """Nothing is stated of an entity (its IRI). `near` are the IRIs of those that are called much the same, `hint` is a
    sentence more."""

    def __init__(self, iri: str, near: Sequence[str] = (), hint: str = "") -> None:
        self.iri, self.near = iri, tuple(near)
        said = [f"the release states nothing of <{iri[:200]}>; it may be not curated yet."]
        said += [f"Near it: {', '.join(near)}."] if near else []
        super().__init__(" ".join([*said, hint] if hint else said))


class WithdrawnError(RequestError):
    """An entity (its IRI) is there no more. `reason` says why, `replacements` are the IRIs of what takes its place,
    `release` is the version of the last release that has it, where this one does not even say that it is withdrawn."""

    def __init__(self, iri: str, reason: str, replacements: Sequence[str], release: str = "") -> None:
        self.iri, self.reason, self.replacements, self.release = iri, reason, tuple(replacements), release
        said = f"<{iri[:200]}> is withdrawn"
        if release:
            said = (
                f"<{iri[:200]}> is not in this release; the last that has it is {release}: ask with ?release={release}"
            )
        if reason:
            said = f"{said}: {reason.rstrip('.')}"
        instead = f" Use {' or '.join(f'<{each}>' for each in replacements)} instead." if replacements else ""
        super().__init__(f"{said}.{instead}")


class UnknownIdentifierError(RequestError):
    """Nothing in the release has an identifier or name. `readings` are how it was read, `near` what is called nearly
    so, as IRIs."""

    def __init__(self, text: str, readings: Sequence[str], near: Sequence[str]) -> None:
        self.near = tuple(near)
        said = f"nothing in the release has {text[:80]!r}, read as {' or as '.join(readings)}"
        hint = f" Near it: {', '.join(near)}." if near else " Nothing is called nearly so; it may be not curated yet."
        super().__init__(f"{said}.{hint}")


class UnknownPageError(RequestError):
    """A document has fewer pages than the request names: `pages` of them."""

    def __init__(self, page: int, pages: int) -> None:
        self.page, self.pages = page, pages
        there = "has one page only" if pages == 1 else f"has {pages} pages"
        super().__init__(f"this document {there}; the request names a later one. Ask with page=1 or without page.")
