"""Which of the formats on offer suits a client best (RFC 9110, section 12.5.1), and what the formats are."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

HTML = "text/html"
PROBLEM = "application/problem+json"
SOLUTIONS = "solutions"
GRAPH = "graph"
DATASET = "dataset"
DOCUMENT = "document"


@dataclass(frozen=True)
class Format:
    """A format of answers: media type, the form of answer it writes, the names that `format=` knows it by, and
    further media types that clients ask for it by."""

    media_type: str
    form: str
    names: tuple[str, ...]
    aliases: tuple[str, ...] = ()


# The order is the server's preference among equals; the first of a form is its default.
FORMATS = (
    Format("application/sparql-results+json", SOLUTIONS, ("json", "srj"), ("application/json",)),
    Format("application/sparql-results+xml", SOLUTIONS, ("xml", "srx"), ("application/xml", "text/xml")),
    Format("text/csv", SOLUTIONS, ("csv",)),
    Format("text/tab-separated-values", SOLUTIONS, ("tsv",)),
    Format("text/turtle", GRAPH, ("ttl", "turtle", "n3"), ("application/x-turtle", "text/n3", "text/rdf+n3")),
    Format("application/n-triples", GRAPH, ("nt", "ntriples"), ("text/plain",)),
    Format("application/rdf+xml", GRAPH, ("rdf", "rdfxml", "rdf+xml", "xml"), ("application/xml", "text/xml")),
    Format("application/ld+json", GRAPH, ("jsonld", "json-ld", "json"), ("application/json", "application/x-json+ld")),
    Format("application/trig", GRAPH, ("trig",), ("application/x-trig",)),
    Format("application/n-quads", GRAPH, ("nq", "nquads"), ("text/x-nquads", "text/nquads")),
    Format("application/trig", DATASET, ("trig",), ("application/x-trig",)),
    Format("application/n-quads", DATASET, ("nq", "nquads"), ("text/x-nquads", "text/nquads", "text/plain")),
)
# The documents about a thing; the first name of each is the suffix of its path.
DOCUMENTS = (
    Format("text/turtle", DOCUMENT, ("ttl", "turtle", "n3"), ("application/x-turtle", "text/n3", "text/rdf+n3")),
    Format("application/trig", DOCUMENT, ("trig",), ("application/x-trig",)),
    Format("application/n-triples", DOCUMENT, ("nt", "ntriples"), ("text/plain",)),
    Format("application/rdf+xml", DOCUMENT, ("rdf", "rdfxml", "rdf+xml", "xml"), ("application/xml", "text/xml")),
    Format("application/ld+json", DOCUMENT, ("jsonld", "json-ld"), ("application/x-json+ld",)),
    Format("application/json", DOCUMENT, ("json",)),
    Format("text/csv", DOCUMENT, ("csv",)),
    Format(HTML, DOCUMENT, ("html",)),
)
SUFFIXES = tuple(each.names[0] for each in DOCUMENTS)
FORMAT_NAMES = {  # what people call the documents that programs read
    "text/turtle": "Turtle",
    "application/trig": "TriG",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF/XML",
    "application/ld+json": "JSON-LD",
    "application/json": "JSON",
    "text/csv": "CSV",
}
_PARTS = {each: re.compile(rf'(?:"(?:\\.|[^"\\])*"?|[^"{each}])+', re.DOTALL) for each in ",;"}
_CACHED = 300  # characters of a header at most whose choice is remembered


def form_of(word: str) -> str:
    """The form of answer that a query's first word asks for: SOLUTIONS for SELECT and ASK, GRAPH for the others."""
    return SOLUTIONS if word in ("SELECT", "ASK") else GRAPH


def formats(form: str) -> tuple[Format, ...]:
    """The formats that write one form of answer."""
    return tuple(each for each in FORMATS if each.form == form)


def choose(accept: str | None, offers: Sequence[str]) -> str | None:
    """The offer that the Accept header likes best, or None where it likes none.

    Among equals the earlier offer wins. Media-type parameters are ignored. HTML is chosen only where the header names
    it: a wildcard never gets it, and it loses to an equal.
    """
    ranges = _ranges(accept)
    return _best({offer: _quality(offer, ranges) for offer in sorted(offers, key=lambda offer: offer == HTML)})


def _best(qualities: Mapping[str, float]) -> str | None:
    """The first of the names that are liked best, None where none is liked."""
    best = max(qualities, key=lambda name: qualities[name], default=None)
    return best if best is not None and qualities[best] > 0 else None


def choose_format(accept: str | None, form: str) -> Format | None:
    """The format of one form of answer that the Accept header likes best, or None."""
    return (_choose_often if len(accept or "") <= _CACHED else _choose_format)(accept, form)


def _choose_format(accept: str | None, form: str) -> Format | None:
    chosen = _best(_qualities(_ranges(accept), formats(form)))
    by_type = {media_type: each for each in formats(form) for media_type in (each.media_type, *each.aliases)}
    return by_type[chosen] if chosen else None


def _qualities(ranges: Mapping[str, float], offers: Sequence[Format]) -> dict[str, float]:
    """How well each media type is liked; an alias, which no answer is called by, only where it is named."""
    own = {each.media_type: _quality(each.media_type, ranges) for each in offers}
    return own | {alias: ranges.get(alias, 0.0) for each in offers for alias in each.aliases if alias not in own}


_choose_often = lru_cache(1000)(_choose_format)


def documents(suffixes: Sequence[str]) -> tuple[Format, ...]:
    """The formats of documents that have one of these suffixes."""
    return tuple(each for each in DOCUMENTS if each.names[0] in suffixes)


def choose_document(names: Sequence[str], accept: str | None, suffixes: Sequence[str]) -> Format | None:
    """The document, of those with these suffixes, that `format=` names first or else Accept likes best, or None.

    Among equals Turtle is the first and HTML the last; a wildcard never gets HTML.
    """
    offers = documents(suffixes)
    if names:
        return next((found for name in names if (found := _named(name, offers))), None)
    by_type = {media_type: each for each in offers for media_type in (each.media_type, *each.aliases)}
    chosen = _best(_qualities(_ranges(accept), offers))
    return by_type[chosen] if chosen else None


def wants_html(accept: str | None) -> bool:
    """Whether the header names text/html and likes nothing else that is served as well."""
    if not accept or HTML not in accept.lower():
        return False
    ranges = _ranges(accept)
    others = _qualities(ranges, FORMATS) | {PROBLEM: _quality(PROBLEM, ranges)}
    return ranges.get(HTML, 0.0) > max(others.values())


def takes_html(accept: str | None) -> bool:
    """Whether the header names text/html, though it may like something else better."""
    return accept is not None and _ranges(accept).get(HTML, 0.0) > 0


def may_be_html(accept: str | None) -> bool:
    """Whether the header, by name or by a wildcard, takes HTML where there is nothing else."""
    ranges = _ranges(accept)
    return next((ranges[each] for each in (HTML, "text/*", "*/*") if each in ranges), 0.0) > 0


def choose_named(names: Sequence[str], accept: str | None, form: str) -> Format | None:
    """The first known format that `format=` names (client libraries name it twice); without any, what Accept likes."""
    known = (named(name, form) for name in names)
    return next((each for each in known if each), None) if names else choose_format(accept, form)


def named(name: str, form: str) -> Format | None:
    """The format of one form of answer that a `format=` names: a short name or a media type."""
    return _named(name, formats(form))


def _named(name: str, offers: Sequence[Format]) -> Format | None:
    wanted = name.strip().lower().replace(" ", "+")  # an unescaped + of a media type arrives as a space
    return next((each for each in offers if wanted in (each.media_type, *each.names, *each.aliases)), None)


def _ranges(accept: str | None) -> dict[str, float]:
    """Media range to quality. An absent or empty header accepts anything; what cannot be read is left out."""
    if accept is None or not accept.strip():
        return {"*/*": 1.0}
    found: dict[str, float] = {}
    for part in _split(accept.lower(), ","):
        media_range, *parameters = (piece.strip() for piece in _split(part, ";"))
        quality = _q(parameters)
        if media_range == "*":
            media_range = "*/*"  # Java's old HttpURLConnection sends a bare star
        if "/" in media_range and quality is not None:
            found[media_range] = max(quality, found.get(media_range, 0.0))
    return found


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand in no quoted string."""
    return _PARTS[separator].findall(text) if '"' in text else text.split(separator)


def _q(parameters: Sequence[str]) -> float | None:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                quality = float(value)
            except ValueError:
                return None
            return quality if 0 <= quality <= 1 else None
    return 1.0


def _quality(offer: str, ranges: Mapping[str, float]) -> float:
    """The quality of the most specific range that an offer falls in."""
    if offer in ranges:
        return ranges[offer]
    if offer == HTML:
        return 0.0
    major = offer.partition("/")[0]
    return ranges.get(f"{major}/*", ranges.get("*/*", 0.0))
