"""FDA approvals, held against the FDA's own table of submissions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from loader.curated import Curated
from loader.derive import span
from loader.namespaces import BASE, entity
from loader.terms import named
from loader.verify.drugsatfda import Application, DrugsAtFda, Submission
from loader.verify.findings import DIFFERING, MATCHED, UNCOVERED, Finding

_NUMBER = re.compile(r"(ANDA|NDA|BLA)\s*0*(\d{1,6})")
_WORD = re.compile(r"[a-z]{5,}")
_NEAREST = 3
_PRIORITY = "PRIORITY"
_FDA = entity("agency", "fda")


@dataclass(frozen=True)
class Approval:
    """What we state of one FDA approval. `numbers` maps each six-digit application number to its type, NDA or BLA."""

    name: str
    numbers: dict[str, str]
    decided: str | None
    later: tuple[tuple[str, str], ...]
    priority: bool
    drug_names: frozenset[str]


def stated(curated: Curated) -> list[Approval]:
    """Every approval by the FDA in the curated files, sorted by its IRI."""
    return [
        _approval(curated, iri) for iri in curated.of_kind("approval") if curated.value(iri, named("sg:agency")) == _FDA
    ]


def _approval(curated: Curated, iri: str) -> Approval:
    numbers = (_NUMBER.fullmatch(term.value) for term in curated.values(iri, named("sg:applicationNumber")))
    later = ((what, curated.value(iri, named(f"sg:{what}"))) for what in ("convertedOn", "withdrawnOn"))
    names: set[str] = set()
    for drug in curated.values(iri, named("sg:approves")):
        for label in ("skos:prefLabel", "skos:altLabel"):
            names.update(term.value for term in curated.values(drug.value, named(label)))
    return Approval(
        iri.removeprefix(BASE),
        {match[2].zfill(6): match[1] for match in numbers if match},
        curated.value(iri, named("sg:decisionDate")),
        tuple((what, value) for what, value in later if value),
        any(term.value.endswith("/priority-review") for term in curated.values(iri, named("sg:expedited"))),
        frozenset(names),
    )


def numbers(approvals: Iterable[Approval]) -> set[str]:
    """The application numbers of all, six digits each."""
    return {number for approval in approvals for number in approval.numbers}


def verify(approvals: Iterable[Approval], table: DrugsAtFda) -> Iterator[Finding]:
    """The findings of each approval: its decision, and where the table covers it type, drug, later dates, priority."""
    for approval in approvals:
        there = {number: table.applications[number] for number in approval.numbers if number in table.applications}
        yield _dated(approval, "decisionDate", approval.decided, there, table.until)
        for what, value in approval.later:
            yield _dated(approval, what, value, there, table.until)
        for number, application in there.items():
            yield _typed(approval, number, application)
            yield _named(approval, number, application)
        if approval.priority:
            yield _prioritised(approval, there, table.until)


def _dated(approval: Approval, what: str, value: str | None, there: dict[str, Application], until: str) -> Finding:
    """Whether a submission was approved within the days that the date spans."""

    def found(fate: str, detail: str) -> Finding:
        return Finding(approval.name, what, value or "none", fate, detail)

    reason = _uncovered(approval, value, there, until)
    if reason:
        return found(UNCOVERED, reason)
    hits = _within(value, there)
    if hits:
        return found(MATCHED, _told(hits))
    nearest = _nearest(value or "", there)
    return found(DIFFERING, f"no submission was approved then; the nearest are {_told(nearest) or 'none'}")


def _uncovered(approval: Approval, value: str | None, there: dict[str, Application], until: str) -> str | None:
    """Why the table cannot say anything of a date; None where it can."""
    days = span(value or "")
    if not days:
        return "no date is stated"
    if not approval.numbers:
        return "no application number is stated"
    if days[1] > until:
        return f"it is later than the file's last decision, {until}"
    if not there:
        return f"the file has no application {', '.join(sorted(approval.numbers))}"
    return None


def _within(value: str | None, there: dict[str, Application]) -> list[tuple[str, Submission]]:
    days = span(value or "")
    first, last = days or ("", "")
    return [(n, s) for n, application in sorted(there.items()) for s in application.approved if first <= s.day <= last]


def _nearest(value: str, there: dict[str, Application]) -> list[tuple[str, Submission]]:
    middle = date.fromisoformat((span(value) or ("0001-01-01",))[0])
    every = [(number, each) for number, application in there.items() for each in application.approved]
    every.sort(key=lambda pair: (abs((date.fromisoformat(pair[1].day) - middle).days), pair))
    return every[:_NEAREST]


def _told(submissions: Iterable[tuple[str, Submission]]) -> str:
    return "; ".join(f"{number} {submission}" for number, submission in submissions)


def _typed(approval: Approval, number: str, application: Application) -> Finding:
    ours = approval.numbers[number]
    fate = MATCHED if ours == application.type else DIFFERING
    detail = f"the file calls it {application.type or 'nothing'} {number}"
    return Finding(approval.name, "applicationNumber", f"{ours}{number}", fate, detail)


def _named(approval: Approval, number: str, application: Application) -> Finding:
    """Whether a word of five letters or more is in the names of our drug and in those of the application's products."""
    theirs = ", ".join(sorted(name for name in application.names if name))
    shared = _words(approval.drug_names) & _words(application.names)
    fate = MATCHED if shared else DIFFERING if theirs else UNCOVERED
    value = f"{number} {min(approval.drug_names, default='no name')}"
    return Finding(approval.name, "approves", value, fate, f"the application's products are {theirs or 'not listed'}")


def _words(names: Iterable[str]) -> set[str]:
    return {word for name in names for word in _WORD.findall(name.lower())}


def _prioritised(approval: Approval, there: dict[str, Application], until: str) -> Finding:
    """Priority review, which we state, against the priority of the submissions approved on the day."""

    def found(fate: str, detail: str) -> Finding:
        return Finding(approval.name, "expedited", "priority-review", fate, detail)

    reason = _uncovered(approval, approval.decided, there, until)
    if reason:
        return found(UNCOVERED, reason)
    hits = _within(approval.decided, there)
    said = {submission.priority for _, submission in hits}
    if _PRIORITY in said:
        return found(MATCHED, _told(hits))
    if "STANDARD" in said:
        return found(DIFFERING, f"the file says STANDARD: {_told(hits)}")
    return found(UNCOVERED, f"the file states no priority: {_told(hits) or 'no submission on that day'}")
