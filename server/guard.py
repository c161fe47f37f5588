"""What is refused before a query is tried: calls to other endpoints, updates, depth and length without end.

The engine calls whatever a query's SERVICE names and has no switch against it, so the word is looked for here, in the
query's tokens: strings, IRIs, comments, variables, language tags and prefixed names may say what they like. The engine
reads some texts unlike the SPARQL grammar (`service:a {…}` is a call to `:a`, `?a<?b#>` a comparison and a comment);
where its reading is in doubt, the word is refused wherever it stands. The worker's sandbox is the second wall behind
this one.

On the way the guard learns what the server has to know of a query, so that its tokens are made once.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from loader.errors import QueryForbiddenError, QueryLimitError, QuerySyntaxError
from loader.namespaces import prefixes
from server.rewriting import rewrite
from server.tokens import Token, in_doubt, place, tokens

FORMS = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
UPDATES = frozenset(("INSERT", "DELETE", "LOAD", "CLEAR", "CREATE", "DROP", "COPY", "MOVE", "ADD", "WITH"))
_PROLOGUE = frozenset(("PREFIX", "BASE", "VERSION"))
_CHAINING = frozenset(("UNION", "OPTIONAL", "MINUS", "FILTER", "BIND", "GRAPH", "LATERAL", "EXISTS"))
_BEFORE_GRAPH = frozenset(("GRAPH", "FROM", "NAMED"))

_SERVICE = re.compile("service", re.IGNORECASE)
_CHANGING = ("now", "rand", "uuid", "bnode")  # and STRUUID


class Limits(NamedTuple):
    """How long a query may be (characters), how many words and signs it may hold, how deeply its brackets may nest,
    and how many operators and group patterns it may chain. On an ordinary stack the engine crashes from about 500
    levels of function calls, 2,200 of groups, or a few thousand chained operators; a worker's stack is 32 times that.
    """

    length: int = 2_000_000
    tokens: int = 250_000
    nesting: int = 100
    chain: int = 2_000


class Checked(NamedTuple):
    """What the guard knows of a query that may be tried.

    `form` is one of FORMS, `names_dataset` whether the query says FROM which graphs it asks, `is_stable` whether it
    has the same answer whenever it is asked of the same release (no NOW, RAND, UUID, STRUUID, BNODE), `text_to_run`
    an equivalent query that the engine answers sooner, mostly the query itself.
    """

    form: str
    names_dataset: bool
    is_stable: bool
    text_to_run: str


def read(query: str, limits: Limits, triples: int | None = None) -> Checked:
    """All that is to be known of a query before it is tried. Raises what `check` raises.

    `triples` is how many the default graph holds; None where that is not known, or the request names its graphs.
    """
    form, found = _checked(query, limits)
    lower = query.lower()
    return Checked(form, _names_dataset(lower, found), _is_stable(lower, found), rewrite(query, found, triples))


def check(query: str, limits: Limits) -> str:
    """The query's form, one of FORMS, where it may be tried.

    Raises QueryLimitError, QueryForbiddenError for SERVICE or an update, QuerySyntaxError for what opens no query and
    for a prefix that is not declared.
    """
    return _checked(query, limits)[0]


def _checked(query: str, limits: Limits) -> tuple[str, list[Token]]:
    if len(query) > limits.length:
        raise QueryLimitError("length in characters", len(query), limits.length)
    found = tokens(query, limits.tokens)
    form = _form(query, found)
    _limit(found, limits)
    if "service" in query.lower() or not query.isascii():
        _refuse_service(query, found)
    _require_prefixes(query, found)
    return form, found


def _names_dataset(lower: str, found: list[Token]) -> bool:
    """Whether a word begins with FROM: the engine needs no space after it."""
    return "from" in lower and any(kind == "word" and text[:4].upper() == "FROM" for kind, text, _ in found)


def _is_stable(lower: str, found: list[Token]) -> bool:
    """Whether no word holds the name of a function whose value changes; where the reading is in doubt, it counts
    wherever it stands."""
    named = [name for name in _CHANGING if name in lower]
    if not named:
        return True
    words = [text.lower() for kind, text, _ in found if kind == "word"]
    return not any(name in word for name in named for word in words) and not any(map(in_doubt, found))


def _form(query: str, found: list[Token]) -> str:
    """The first word after the prologue."""
    for kind, text, start in found:
        if kind not in ("word", "open", "variable"):
            continue
        word = text.upper()
        if word in FORMS:
            return word
        if word in _PROLOGUE:
            continue
        line, column = place(query, start)
        if word in UPDATES:
            raise QueryForbiddenError(word, line, column)
        raise QuerySyntaxError(f"found '{text[:40]}', expected {', '.join(FORMS)}.", line, column)
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
    if start is None and any(map(in_doubt, found)):
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


def _require_prefixes(query: str, found: list[Token]) -> None:
    """Find a prefix that is used but not declared: the engine says of it only what else might have stood there."""
    declared = set()
    before = Token("other", "", 0)
    for token in found:
        if token.kind == "name":
            prefix = token.text.partition(":")[0]
            if before.text.upper() == "PREFIX":
                declared.add(prefix)
            elif before.text == "<" and query.startswith("//", token.start + len(prefix) + 1):
                detail = "the IRI that begins here holds a blank or another character that an IRI cannot hold"
                raise QuerySyntaxError(detail, *place(query, before.start))
            elif prefix not in declared:
                raise QuerySyntaxError(_undeclared(prefix), *place(query, token.start))
        before = token


def _undeclared(prefix: str) -> str:
    known = {name.lower(): iri for name, iri in prefixes().items()}.get(prefix.lower(), "its IRI")
    return f"the prefix '{prefix}:' is not declared. Add a line at the top: PREFIX {prefix}: <{known}>"
