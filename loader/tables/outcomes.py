"""How a row of outcomes becomes a result: its arms, population, endpoint, interval, p and publication."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from loader.errors import RejectedRow
from loader.namespaces import entity, slug
from loader.tables.arms import find_group
from loader.tables.forms import number
from loader.tables.reader import Row
from loader.tables.record import Desk, Record, cells
from loader.terms import named

_AT = re.compile(r"^(.+) at (\d+) (\w+)$")
_P_VALUE = re.compile(r"^(<|>|=)?\s*(\d*\.?\d+)$")
_ANALYSED = re.compile(r"\bn=(\d+)")
_RESPONDERS = re.compile(r"^(\d+) of (\d+)\b")
_PARENTHESES = re.compile(r"\s*\([^)]*\)")
_CONTROL = re.compile(r"^(?:control|placebo) (\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)$")
_WHOLE = ("overall", "all", "total STS", "adults and children")


def result(row: Row, desk: Desk) -> Iterator[Record]:
    """One result, and the subgroup it concerns where that is not the trial's whole population."""
    trial = slug(row["trial_slug"])
    if not desk.curated.has(entity("trial", trial)):
        raise RejectedRow("trial_slug", f"'{trial}' is no known trial. Import the trials first")
    _require_inside(row)
    fields = cells(row) | {"trial": trial} | _measured(row, desk) | _tested(row) | _noted(row)
    fields["arm_name"] = find_group(desk.curated, trial, row["arm"], "arm")
    if row["comparator"]:
        fields["comparator_name"] = find_group(desk.curated, trial, row["comparator"], "comparator")
    fields["publication_name"] = _publication(row["publication"], desk)
    words, analysis = _population(row["population/subgroup"], desk)
    fields["analysis"] = analysis
    if row["endpoint"] not in desk.mapping.values["of_responders"]:
        fields |= _counted(row)
    iri = entity("result", f"{trial}-{slug(row['row_id'])}")
    if words not in _WHOLE:
        subgroup = _subgroup(trial, words, row, desk)
        fields["subgroup"] = subgroup.iri.rpartition("/")[2]
        yield subgroup
    yield Record("result", iri, _label(row, desk, fields), entity("trial", trial), fields)


def _require_inside(row: Row) -> None:
    """An interval contains its estimate. Raises RejectedRow with the column that misses it."""
    if not row["value"]:
        raise RejectedRow("value", "the estimate is missing")
    value = number(row["value"], "value")
    for column, side in (("ci_low", 1), ("ci_high", -1)):
        if row[column] and side * (number(row[column], column) - value) > 0:
            raise RejectedRow(column, f"the interval's end {row[column]} misses the estimate {row['value']}")


def _measured(row: Row, desk: Desk) -> dict[str, str | list[str]]:
    """Endpoint, measure, time point and unit."""
    at = _AT.match(row["endpoint"])
    measure = "rate-at-time" if at else desk.mapping.values["measure"].get(row["measure"], row["measure"])
    unit = row["unit"] or desk.mapping.values["unit_of_measure"].get(measure, "")
    fields: dict[str, str | list[str]] = {
        "endpoint_name": at[1] if at else row["endpoint"],
        "measure_name": measure,
        "unit_name": _unit(unit, "unit", desk),
    }
    if at:
        fields |= {"time_point": at[2], "time_unit": _unit(at[3], "endpoint", desk)}
    return fields


def _unit(word: str, column: str, desk: Desk) -> str:
    units = desk.mapping.values["unit"]
    if word not in units:
        raise RejectedRow(column, f"'{word}' is no known unit; known: {', '.join(units)}")
    return units[word]


def _tested(row: Row) -> dict[str, str | list[str]]:
    """The p-value and its operator."""
    if not row["p_value"]:
        return {}
    match = _P_VALUE.match(row["p_value"])
    if not match or not 0 <= Decimal(match[2]) <= 1:
        raise RejectedRow("p_value", f"'{row['p_value']}' is no p-value such as 0.37 or <0.001")
    return {"p": match[2], "p_operator": match[1] or "="}


def _noted(row: Row) -> dict[str, str | list[str]]:
    """What the note states in a fixed form: the comparator's interval, and that the endpoint is the primary one."""
    fields: dict[str, str | list[str]] = {}
    for segment in (part.strip() for part in row["note"].split(";")):
        match = _CONTROL.match(segment)
        if match and row["comparator_value"]:
            value = number(row["comparator_value"], "comparator_value")
            if not Decimal(match[1]) <= value <= Decimal(match[2]):
                raise RejectedRow("note", f"the comparator's interval '{segment}' misses {row['comparator_value']}")
            fields |= {"control_low": match[1], "control_high": match[2]}
        if segment == "primary endpoint":
            fields["endpoint_role"] = "primary"
    return fields


def _counted(row: Row) -> dict[str, str | list[str]]:
    """How many the estimate rests on and how many responded: `(n=518)` of the population, `12 of 31` of the note.

    The number of a population that was compared is that of all arms: it is the ratio's, not one arm's median's.
    """
    told = f"{row['population/subgroup']} {row['note']}"
    of_all_arms = not row["comparator"] or row["measure"] not in ("median", "rate")
    counted: dict[str, str | list[str]] = {"analysed": _ANALYSED.findall(told)[:1] if of_all_arms else []}
    for segment in (part.strip() for part in row["note"].split(";")):
        match = _RESPONDERS.match(segment)
        if match and row["unit"] == "percent":
            share = Decimal(100) * Decimal(match[1]) / max(Decimal(match[2]), Decimal(1))
            if abs(share - number(row["value"], "value")) > Decimal("0.5"):
                raise RejectedRow("note", f"'{match[0]}' is {share:.1f} percent, the value {row['value']}")
            counted |= {"responders": match[1], "analysed": match[2]}
            break
    return counted


def _publication(reference: str, desk: Desk) -> str:
    if not reference:
        return ""
    prefix, _, key = reference.partition(":")
    found = {
        "PMID": lambda: desk.curated.find("publication", named("bibo:pmid"), key),
        "KEY": lambda: entity("publication", slug(key)) if desk.curated.has(entity("publication", slug(key))) else None,
    }.get(prefix, lambda: desk.curated.find("publication", named("sg:pmcid"), reference))()
    if found is None:
        raise RejectedRow("publication", f"no publication is known as '{reference}'. Import the publications first")
    return found.rpartition("/")[2]


def _population(cell: str, desk: Desk) -> tuple[str, str]:
    """The population's own words, and the kind of analysis where the cell names one (`overall, interim`)."""
    words, analysis = [], ""
    for part in (p.strip() for p in _PARENTHESES.sub("", cell).split(", ")):
        if desk.curated.has(entity("concept", f"analysis/{slug(part)}")):
            analysis = part
        else:
            words.append(part)
    return ", ".join(words), analysis


def _subgroup(trial: str, words: str, row: Row, desk: Desk) -> Record:
    """The subgroup's population: the one of that name in the trial, or the next number."""
    label = f"{desk.curated.label(entity('trial', trial))} subgroup: {words}"
    numbered = [iri for iri in desk.curated.of_kind("population") if _number(iri, trial)]
    known = next((iri for iri in numbered if desk.curated.label(iri) == label), None)
    number = max((_number(iri, trial) for iri in numbered), default=0) + 1
    iri = known or entity("population", f"{trial}-{number}")
    diseases = [slug(name) for name in words.split(" or ")]
    known_diseases = all(desk.curated.has(entity("disease", name)) for name in diseases)
    fields = cells(row) | {"words": words, "disease": diseases if known_diseases else []}
    return Record("population", iri, label, entity("trial", trial), fields, shared=True)


def _number(iri: str, trial: str) -> int:
    match = re.fullmatch(rf".*/population/{re.escape(trial)}-(\d+)", iri)
    return int(match[1]) if match else 0


def _label(row: Row, desk: Desk, fields: dict[str, str | list[str]]) -> str:
    """Such as: PALETTE: PFS hazard ratio 0.31, pazopanib vs placebo, overall (vandergraaf2012)."""
    words = {"hazard-ratio": "hazard ratio", "rate-at-time": "rate"}
    measure = words.get(str(fields["measure_name"]), row["measure"])
    unit = {"months": " months", "weeks": " weeks", "percent": " %"}.get(row["unit"], "")
    who = f"{row['arm']} vs {row['comparator']}" if row["comparator"] else row["arm"]
    source = f" ({fields['publication_name']})" if fields["publication_name"] else ""
    trial = desk.curated.label(entity("trial", slug(row["trial_slug"])))
    named_rate = row["endpoint"].endswith(f" {measure}")
    measured = f"{row['endpoint']} {'' if named_rate else f'{measure} '}{row['value']}{unit}"
    return f"{trial}: {measured}, {who}, {row['population/subgroup']}{source}"
