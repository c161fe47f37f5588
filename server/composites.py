"""Cells made of several columns: an interval of its limits and level, a p of its operator and value; and which columns
show inside the cell of another, so that a row can be read at once.

The answer of the query itself, as JSON or CSV, keeps every column apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from string import Formatter


@dataclass(frozen=True)
class Composite:
    """A column `name` made of raw ones: the first of `forms` of which a row has all columns.

    Composite("interval", ("({ciLevel} % CI {ciLower} to {ciUpper})",)) makes "(95 % CI 11.1 to 16.5)".
    """

    name: str
    forms: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The raw columns that it is made of, each once."""
        return tuple(dict.fromkeys(name for form in self.forms for name in _columns(form)))

    def text(self, words: Mapping[str, str]) -> str | None:
        """What it says of a row, of which `words` holds the raw columns that have a value."""
        form = next((form for form in self.forms if all(name in words for name in _columns(form))), None)
        return form.format_map(words) if form else None


@cache
def _columns(form: str) -> tuple[str, ...]:
    return tuple(name for _, name, _, _ in Formatter().parse(form) if name)


COMPOSITES = (
    Composite(
        "interval",
        (
            "({ciLevel} % CI {ciLower} to {ciUpper})",
            "(interval {ciLower} to {ciUpper})",
            "(interval from {ciLower})",
            "(interval up to {ciUpper})",
        ),
    ),
    Composite(
        "comparatorInterval",
        (
            "({ciLevel} % CI {comparatorCiLower} to {comparatorCiUpper})",
            "(interval {comparatorCiLower} to {comparatorCiUpper})",
        ),
    ),
    Composite("p", ("{pValueOperator} {pValue}",)),
    Composite("time", ("at {timePoint} {timePointUnit}",)),
    Composite("patients", ("{responders} of {analysed}", "{analysed} analysed")),
    Composite("role", ("{endpointRole}, {endpointMet}", "{endpointRole}", "{endpointMet}")),
    Composite("converted", ("converted {convertedOn}",)),
    Composite("marketWithdrawn", ("off the market {marketWithdrawnOn}",)),
    Composite("withdrawn", ("withdrawn {withdrawnOn}",)),
)

WITHIN = {  # the column inside whose cell another shows, where a panel has both
    "measure": "endpoint",
    "time": "endpoint",
    "analysis": "endpoint",
    "role": "endpoint",
    "interval": "value",
    "patients": "value",
    "arm": "value",
    "comparatorInterval": "comparatorValue",
    "comparator": "comparatorValue",
    "converted": "approvalStatus",
    "marketWithdrawn": "approvalStatus",
    "withdrawn": "approvalStatus",
    "statusNote": "approvalStatus",
}


def composed(names: Iterable[str]) -> list[str]:
    """Column names with composites in the place of the first raw column of each."""
    found: list[str] = []
    for name in names:
        makers = [each.name for each in COMPOSITES if name in each.columns]
        found += [each for each in makers or [name] if each not in found]
    return found


def texts(words: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The composites of a row that have something to say, and what."""
    for each in COMPOSITES:
        said = each.text(words)
        if said is not None:
            yield each.name, said
