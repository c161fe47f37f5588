"""What is refused before a query is tried: calls to other endpoints, updates, depth and length without end.

The engine calls whatever a query's SERVICE names and has no switch against it, so the word is looked for here, in the
query's tokens: strings, IRIs, comments, variables, language tags and prefixed names may say what they like. The engine
reads some texts unlike the SPARQL grammar (`service:a {…}` is a call to `:a`, `?a<?b#>` a comparison and a comment);
where its reading is in doubt, the word is refused wherever it stands. The worker's sandbox is the second wall behind
this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from loader.errors import QueryForbiddenError, QueryLimitError, QuerySyntaxError
from loader.namespaces import prefixes

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = frozenset(("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"))
_CHAINING = frozenset(("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "LATERAL", "EXISTS"))
_BEFORE_GRAPH = frozenset(("GRAPH", "FROM", "NAMED"))

_UCHAR = r"\\u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}|\\U00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"
_ESCAPE = rf"\\[tbnrf\"'\\]|{_UCHAR}"
_MORE = "\u00b7\u0300-\u036f\u203f\u2040"
# Without a bound, a long run of letters is read to its end from each of them. What is longer falls apart into words.
_LONGEST_PREFIX = 40
_TOKEN = re.compile(
    rf"""
    (?P<space>[ \t\r\n]++|\#[^\r\n]*+)
    |(?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]|{_UCHAR})*+>)
    |(?P<string>'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*+'''
        |\"\"\"(?:"{{0,2}}(?:[^"\\]|{_ESCAPE}))*+\"\"\"
        |'(?:[^'\\\r\n]|{_ESCAPE})*+'
        |"(?:[^"\\\r\n]|{_ESCAPE})*+")
    |(?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
    |(?P<variable>[?$][\w{_MORE}]+)
    |(?P<label>_:[\w.\-{_MORE}]*)
    |(?P<name>(?:[^\W\d_](?:[\w.\-{_MORE}]{{0,{_LONGEST_PREFIX}}}[\w\-{_MORE}])?)?:
        (?:[\w:%\-{_MORE}]|\\[_~.\-!$&'()*+,;=/?\#@%]|\.+(?=[\w:%\-\\]))*+)
    |(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<open>[{{(\[])
    |(?P<close>[}})\]])
    |(?P<operator>\|\||&&|[!|+\-*/^<])
    |(?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")
_SERVICE = re.compile("service", re.IGNORECASE)


@dataclass(frozen=True)
class Limits:
    """How long a query may be (characters), how many words and signs it may hold, how deeply its brackets may nest,
    and how many operators and group patterns it may chain. On an ordinary stack the engine crashes from about 500
    levels of function calls, 2,200 of groups, or a few thousand chained operators; a worker's stack is 32 times that.
    """

    length: int = 2_000_000
    tokens: int = 250_000
    nesting: int = 100
    chain: int = 2_000


class Token(NamedTuple):
    """A word or sign of a query, and where it starts (characters from 0)."""

    kind: str
    text: str
    start: int


def check(query: str, limits: Limits) -> str:
    """The query's form, one of FORMS, where it may be tried.

    Raises QueryLimitError, QueryForbiddenError for SERVICE or an update, QuerySyntaxError for what opens no query and
    for a prefix that is not declared.
    """
    if len(query) > limits.length:
        raise QueryLimitError("length in characters", len(query), limits.length)
    found = tokens(query, limits.tokens)
    form = _form(query, found)
    _limit(found, limits)
    _refuse_service(query, found)
    _require_prefixes(query, found)
    return form


def names_dataset(query: str) -> bool:
    """Whether the query says FROM which graphs it asks."""
    if "from" not in query.lower():
        return False
    return any(token.kind == "word" and token.text.upper() == "FROM" for token in tokens(query))


def tokens(query: str, limit: int | None = None) -> list[Token]:
    """The words and signs of a query, without white space and comments.

    Raises QueryLimitError beyond `limit`, QuerySyntaxError for a string that is not closed.
    """
    found = []
    for match in _TOKEN.finditer(query):
        kind = match.lastgroup or "other"
        if kind == "other" and match[0] in "'\"":
            detail = (
                f"the string that {match[0]} opens here is not closed, or an escape (\\) in it is not one of SPARQL's."
            )
            raise QuerySyntaxError(detail, *place(query, match.start()))
        if kind != "space":
            found.append(Token(kind, match[0], match.start()))
            if limit is not None and len(found) > limit:
                raise QueryLimitError("number of words and signs", len(found), limit)
    return found


def place(query: str, start: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character."""
    before = query[:start]
    return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1


def _form(query: str, found: list[Token]) -> str:
    """The first word after the prologue."""
    words = (token for token in found if token.kind == "word" or token.kind in ("open", "variable"))
    for token in words:
        word = token.text.upper()
        if word in ("PREFIX", "BASE", "VERSION"):
            continue
        if word in FORMS:
            return word
        line, column = place(query, token.start)
        if word in UPDATES:
            raise QueryForbiddenError(word, line, column)
        raise QuerySyntaxError(f"found '{token.text[:40]}', expected {', '.join(FORMS)}.", line, column)
    raise QuerySyntaxError(f"it is empty; expected {', '.join(FORMS)}.", *place(query, len(query)))


def _limit(found: list[Token], limits: Limits) -> None:
    """Count depth and chains: what the parser and the planner answer with recursion."""
    depth = deepest = chained = 0
    for kind, text, _ in found:
        if kind == "open":
            depth += 1
            deepest = max(deepest, depth)
        elif kind == "close":
            depth -= 1
        elif kind == "operator" or (kind == "word" and text.upper() in _CHAINING):
            chained += 1
    if deepest > limits.nesting:
        raise QueryLimitError("depth of nested brackets", deepest, limits.nesting)
    if chained > limits.chain:
        raise QueryLimitError("number of operators and group patterns", chained, limits.chain)


def _refuse_service(query: str, found: list[Token]) -> None:
    start = _service(found)
    if start is None and any(map(_in_doubt, found)):
        match = _SERVICE.search(query)
        start = match.start() if match else None
    if start is not None:
        raise QueryForbiddenError("SERVICE", *place(query, start))


def _service(found: list[Token]) -> int | None:
    """Where a word holds SERVICE: the engine needs no space around it (`1SERVICE<…>{}` is read as a call)."""
    before = Token("other", "", 0)
    for position, token in enumerate(found):
        if token.kind == "word" and _SERVICE.search(token.text):
            return token.start
        if token.kind == "name" and _SERVICE.search(token.text.partition(":")[0]):
            after = found[position + 1] if position + 1 < len(found) else before
            if after.text == "{" and before.text.upper() not in _BEFORE_GRAPH:
                return token.start
        before = token
    return None


def _in_doubt(token: Token) -> bool:
    """Whether the engine might read on from here otherwise than these tokens do.

    A backslash that belongs to nothing; a tag with a direction; an IRI that could be a comparison with what
    follows, if that would begin a comment or a string.
    """
    if token.kind == "other":
        return token.text == "\\" or not token.text.isascii()
    if token.kind == "iri":
        return ("#" in token.text or "'" in token.text) and not _ABSOLUTE.match(token.text)
    return token.kind == "tag" and "--" in token.text


def _require_prefixes(query: str, found: list[Token]) -> None:
    """Find a prefix that is used but not declared: the engine says of it only what else might have stood there."""
    declared = set()
    for position, token in enumerate(found):
        if token.kind != "name":
            continue
        prefix = token.text.partition(":")[0]
        if position and found[position - 1].text.upper() == "PREFIX":
            declared.add(prefix)
        elif position and found[position - 1].text == "<" and query.startswith("//", token.start + len(prefix) + 1):
            detail = "the IRI that begins here holds a blank or another character that an IRI cannot hold"
            raise QuerySyntaxError(detail, *place(query, found[position - 1].start))
        elif prefix not in declared:
            raise QuerySyntaxError(_undeclared(prefix), *place(query, token.start))


def _undeclared(prefix: str) -> str:
    known = {name.lower(): iri for name, iri in prefixes().items()}.get(prefix.lower(), "its IRI")
    return f"the prefix '{prefix}:' is not declared. Add a line at the top: PREFIX {prefix}: <{known}>"
