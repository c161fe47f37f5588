"""What a comparison with an authority found: each statement compared, its fate, and the differences declared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from loader.errors import RejectedRow
from loader.tables.reader import read

MATCHED, DIFFERING, UNCOVERED, ACCEPTED = "matched", "differing", "not covered", "exception"
FATES = (MATCHED, DIFFERING, UNCOVERED, ACCEPTED)

Key = tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """One statement compared: `entity` as kind and slug, `what` is stated of it, the `value`, and its fate.

    `detail` is what the authority says: what it matched with, what it says instead, or why it says nothing.
    """

    entity: str
    what: str
    value: str
    fate: str
    detail: str

    def __str__(self) -> str:
        return f"{self.fate}: {self.entity} {self.what} {self.value}: {self.detail}"


@dataclass(frozen=True)
class Comparison:
    """All findings of one comparison with `against`, the authority's file in words, and exceptions not needed."""

    against: str
    findings: tuple[Finding, ...]
    needless: tuple[Key, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a difference is left that nobody declared."""
        return any(finding.fate == DIFFERING for finding in self.findings)

    def lines(self) -> Iterator[str]:
        """One line for each finding, grouped by fate, then exceptions not needed, then the counts."""
        yield f"compared with {self.against}"
        for fate in FATES:
            yield from (str(finding) for finding in self.findings if finding.fate == fate)
        for entity, value in self.needless:
            cure = "nothing compared needs its exception. If these files cover it, delete its line."
            yield f"needless: {entity} {value}: {cure}"
        for what in sorted({finding.what for finding in self.findings}):
            yield f"{what}: {self._counted(finding for finding in self.findings if finding.what == what)}"
        yield f"{len(self.findings)} statements compared: {self._counted(self.findings)}"

    def counts(self) -> dict[str, int]:
        """How many findings have each fate."""
        return {fate: sum(finding.fate == fate for finding in self.findings) for fate in FATES}

    def as_json(self) -> str:
        """The comparison as a JSON object: `against`, `counts`, `findings`, `needless`."""
        content = {
            "against": self.against,
            "counts": self.counts(),
            "findings": [asdict(finding) for finding in self.findings],
            "needless": [{"entity": entity, "value": value} for entity, value in self.needless],
        }
        return json.dumps(content, ensure_ascii=False, indent=2)

    @staticmethod
    def _counted(findings: Iterable[Finding]) -> str:
        counts = Counter(finding.fate for finding in findings)
        return ", ".join(f"{counts[fate]} {fate}" for fate in FATES)


def compared(against: str, findings: Iterable[Finding], declared: Mapping[Key, str]) -> Comparison:
    """The comparison after the declared differences: by entity and value, the sentence that says since when and why.

    An exception is needless where nothing differs; not where the files cannot tell.
    """
    settled: list[Finding] = []
    spoken: set[Key] = set()
    for finding in findings:
        key = finding.entity, finding.value
        if finding.fate in (DIFFERING, UNCOVERED):
            spoken.add(key)
        if finding.fate == DIFFERING and key in declared:
            finding = replace(finding, fate=ACCEPTED, detail=f"{finding.detail}. {declared[key]}")
        settled.append(finding)
    return Comparison(against, tuple(settled), tuple(sorted(set(declared) - spoken)))


def exceptions(path: Path) -> dict[Key, str]:
    """The differences that a file declares: columns entity, value, date, reason. Raises TableError for any bad row."""
    declared: dict[Key, str] = {}
    for row in read(path, ("entity", "value", "date", "reason")):
        if isinstance(row, tuple):
            raise row[2]
        if not (row["date"] and row["reason"]):
            raise RejectedRow("reason", f"line {row.line} of {path.name} lacks its date or reason; give both")
        declared[row["entity"], row["value"]] = f"Accepted on {row['date']}: {row['reason']}"
    return declared
