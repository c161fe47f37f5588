"""Makes the engine's words about a query it cannot read fit for people.

The engine lists all that its parser tried at the furthest place it looked at, character classes included; only the
sentences of its own among them say something. That place may lie up to 14 characters behind the fault, because the
parser reads as many as its longest keyword has.
"""

from __future__ import annotations

import re

_ITEM = re.compile(r'"(?:\\.|[^"\\])*"|\[.*?\](?=,|$)|[^,\s][^,]*', re.DOTALL)
_SENTENCE = re.compile(r"[a-z] [a-z]")
_SHOWN = 60  # characters of the query shown before the place
_CLEARER = {"IRI parsing failed": "an IRI is not valid, or it is relative and there is no BASE"}


def diagnose(detail: str, query: str, line: int | None, column: int | None) -> str:
    """The engine's own sentences if it has any; otherwise where to look."""
    items = _ITEM.findall(detail.removeprefix("expected one of ").removeprefix("expected "))
    sentences = [_CLEARER.get(item.strip(), item.strip()) for item in items if _SENTENCE.search(item)]
    if sentences or line is None or column is None:
        return f"{'; '.join(sentences) or detail}."
    lines = query.split("\n")
    before = "\n".join([*lines[: line - 1], lines[line - 1][: column - 1]]).rstrip()
    shown = " ".join(before.split())[-_SHOWN:]
    early = "it ends too early, or " if before == query.rstrip() else ""
    return f"{early}the fault is near the end of '{shown}'."
