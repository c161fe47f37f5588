"""The words and signs of a query, as nearly as the engine reads them: what the guard and the rewriting look at."""

from __future__ import annotations

import re
from typing import NamedTuple

from loader.errors import QueryLimitError, QuerySyntaxError

_UCHAR = r"\\u(?![dD][89a-fA-F])[0-9A-Fa-f]{4}|\\U00(?:0[0-9A-Fa-f]|10)[0-9A-Fa-f]{4}"
_ESCAPE = rf"\\[tbnrf\"'\\]|{_UCHAR}"
_MORE = "\u00b7\u0300-\u036f\u203f\u2040"
# Without a bound, a long run of letters is read to its end from each of them. What is longer falls apart into words.
_LONGEST_PREFIX = 40
_TOKEN = re.compile(
    rf"""
    (?:[ \t\r\n]++|\#[^\r\n]*+)*+
    (?:(?P<variable>[?$][\w{_MORE}]+)
    |(?P<name>(?:[^\W\d_](?:[\w.\-{_MORE}]{{0,{_LONGEST_PREFIX}}}[\w\-{_MORE}])?)?:
        (?:[\w:%\-{_MORE}]++|\\[_~.\-!$&'()*+,;=/?\#@%]|\.+(?=[\w:%\-\\]))*+)
    |(?P<iri><(?:[^<>"{{}}|^`\\\x00-\x20]++|{_UCHAR})*+>)
    |(?P<open>[{{(\[])
    |(?P<close>[}})\]])
    |(?P<label>_:[\w.\-{_MORE}]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<string>'''(?:'{{0,2}}(?:[^'\\]|{_ESCAPE}))*+'''
        |\"\"\"(?:"{{0,2}}(?:[^"\\]|{_ESCAPE}))*+\"\"\"
        |'(?:[^'\\\r\n]++|{_ESCAPE})*+'
        |"(?:[^"\\\r\n]++|{_ESCAPE})*+")
    |(?P<tag>@[A-Za-z]+(?:-[A-Za-z0-9]+)*(?:--[A-Za-z]+)?)
    |(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<operator>\|\||&&|[!|+\-*/^<])
    |(?P<end>\Z)
    |(?P<other>.))
    """,
    re.VERBOSE | re.DOTALL,
)
_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*://")


class Token(NamedTuple):
    """A word or sign of a query, and where it starts (characters from 0)."""

    kind: str
    text: str
    start: int


def tokens(query: str, limit: int | None = None) -> list[Token]:
    """The words and signs of a query, without white space and comments.

    Raises QueryLimitError beyond `limit`, QuerySyntaxError for a string that is not closed.
    """
    found: list[Token] = []
    most = len(query) if limit is None else limit
    new = tuple.__new__  # what Token() does, in half the time
    for match in _TOKEN.finditer(query):
        kind, text = match.lastgroup, match[match.lastindex or 0]
        if kind == "end":
            break
        if kind == "other" and text in "'\"":
            raise _unclosed(query, match.end() - 1)
        if len(found) == most:
            raise QueryLimitError("number of words and signs", most + 1, most)
        found.append(new(Token, (kind, text, match.end() - len(text))))
    return found


def place(query: str, start: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character."""
    before = query[:start]
    return before.count("\n") + 1, start - (before.rfind("\n") + 1) + 1


def _unclosed(query: str, start: int) -> QuerySyntaxError:
    detail = f"the string that {query[start]} opens here is not closed, or an escape (\\) in it is not one of SPARQL's."
    return QuerySyntaxError(detail, *place(query, start))


def in_doubt(token: Token) -> bool:
    """Whether the engine might read on from here otherwise than these tokens do.

    A backslash that belongs to nothing; a tag with a direction; an IRI that could be a comparison with what
    follows, if that would begin a comment or a string.
    """
    if token.kind == "other":
        return token.text == "\\" or not token.text.isascii()
    if token.kind == "iri":
        return ("#" in token.text or "'" in token.text) and not _ABSOLUTE.match(token.text)
    return token.kind == "tag" and "--" in token.text
