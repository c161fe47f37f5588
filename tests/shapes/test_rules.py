"""What all shapes and checks keep to: dates are compared by their bounds, checks are short and headed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from rdflib import URIRef
from rdflib.namespace import SH

from loader import checks
from loader.derive import DATE_PROPERTIES
from loader.factbase import read_shapes
from loader.namespaces import expand
from loader.places import facts

CHECKS = sorted((facts().shapes / "checks").glob("*.rq"))
ORDER = (SH.lessThan, SH.lessThanOrEquals, SH.minInclusive, SH.minExclusive, SH.maxInclusive, SH.maxExclusive)
# A date that a source or a publication bears is a whole day or a year, and has no bounds; none may be compared as yet.
RAW = (*(f"sg:{name}" for name in DATE_PROPERTIES), "sg:year", "dcterms:issued", "dcterms:modified", "pav:retrievedOn")


def compared(query: str) -> set[str]:
    """The properties in `RAW` whose value a query sets in an order with another; their names alone may be listed."""
    text = re.sub(r"^\s*#.*$", "", query, flags=re.M)
    paths = {name: {name} for name in RAW} | listed(text)
    found = set()
    for path, names in paths.items():
        for variable in re.findall(rf"{re.escape(path)}\s+(\?\w+)", text):
            name = re.escape(variable) + r"\b"
            if re.search(rf"(?:[<>]=?\s*(?:\w+\()*{name})|(?:{name}\)*\s*[<>]=?)", text):
                found |= names
    return found


def listed(text: str) -> dict[str, set[str]]:
    """The variables that VALUES binds to properties in `RAW`, and which."""
    found = {}
    for head, body in re.findall(r"VALUES\s+(\(?[^{]*?\)?)\s*\{([^}]*)\}", text):
        variables = re.findall(r"\?\w+", head)
        cells = re.findall(r"[^\s()]+", body)
        for place, variable in enumerate(variables):
            if names := set(cells[place :: len(variables)]) & set(RAW):
                found[variable] = names
    return found


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_compares_the_earliest_and_latest_days_and_never_a_date_as_curated(path: Path) -> None:
    query = path.read_text(encoding="utf-8")
    assert compared(query) == set()


def test_a_comparison_of_raw_dates_would_be_found() -> None:
    assert compared("?entity sg:startDate ?start ; sg:withdrawnOn ?end . FILTER (?start > NOW())") == {"sg:startDate"}
    assert compared("?entity sg:startDate ?start . FILTER (STR(?day) < STR(?start))") == {"sg:startDate"}
    assert compared("VALUES (?p ?q) { (sg:size sg:year) } ?entity ?q ?v . FILTER (?v > ?w)") == {"sg:year"}
    assert compared("?entity sg:startDate ?s ; sg:startDateEarliest ?day . FILTER (?day < ?first)") == set()


def test_no_shape_sets_a_date_in_an_order() -> None:
    shapes = read_shapes(facts())
    dates = {URIRef(expand(name)) for name in RAW}
    dates |= {URIRef(f"{date}{bound}") for date in dates for bound in ("Earliest", "Latest")}
    for part in ORDER:
        for shape, other in shapes.subject_objects(part):
            assert not {other, *shapes.objects(shape, SH.path)} & dates, shape


@pytest.mark.parametrize("path", CHECKS, ids=lambda path: path.stem)
def test_a_check_has_its_header_and_fewer_than_60_lines(path: Path) -> None:
    check = checks.read(path)
    lines = check.query.splitlines()
    assert len(lines) < 60
    assert lines[0].startswith("#+ summary: ") and lines[1].startswith("#+ message: ")
    assert check.message.endswith((".", "?")) and check.severity in ("violation", "warning")
    variables = set(re.findall(r"\?(\w+)", check.query))
    assert set(re.findall(r"\{(\w+)\}", check.message)) <= variables, "the message names a variable the query lacks"


def test_an_exception_stands_beside_its_check_with_entity_date_and_reason() -> None:
    for path in sorted((facts().shapes / "checks").glob("*.exceptions.tsv")):
        assert path.with_name(path.name.replace(".exceptions.tsv", ".rq")) in CHECKS
        header, *rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
        assert header == ["entity", "date", "reason"] and rows
        for entity, date, reason in rows:
            assert re.fullmatch(r"[a-z]+/[a-z0-9-]+", entity) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", date)
            assert reason.endswith(".")
