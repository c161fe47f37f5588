"""Drugs@FDA, the FDA's own table of applications and of the submissions it decided, read from its zip file.

Source: https://www.fda.gov/drugs/drug-approvals-and-databases/drugsfda-data-files. Members are tab-separated text in a
Windows encoding, without quotes. They are read line by line inside the zip; nothing is written to disk.
"""

from __future__ import annotations

import lzma
import re
import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from loader.derive import span
from loader.errors import SourceFileError

_LARGEST = 500_000_000  # bytes of one member when unpacked; the largest of 2019 has 8 million
_LONGEST = 1_000_000  # bytes of one line
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?= |$)")
_APPROVED = "AP"
_A_ZIP = "the zip of FDA's Drugs@FDA data files"


@dataclass(frozen=True, order=True)
class Submission:
    """An approved submission: `day` of the decision (ISO), `name` such as SUPPL-10, class and review priority."""

    day: str
    name: str
    klass: str
    priority: str

    def __str__(self) -> str:
        told = ", ".join(part for part in (self.klass, self.priority) if part)
        return f"{self.name} {self.day}" + (f" ({told})" if told else "")


@dataclass
class Application:
    """One application: its type (NDA, ANDA or BLA), the names of its products, its approved submissions by day."""

    type: str
    names: set[str] = field(default_factory=set)
    approved: list[Submission] = field(default_factory=list)


@dataclass(frozen=True)
class DrugsAtFda:
    """The applications asked for, by six-digit number, and the last day on which the file has a decision."""

    until: str
    applications: dict[str, Application]


def read(path: Path, numbers: Collection[str]) -> DrugsAtFda:
    """The applications with these six-digit numbers.

    `until` is the latest status date of any submission, but no later than the day on which the members were written.
    Raises SourceFileError where the file is not the FDA's zip or a member is not its table.
    """
    with _opened(path) as archive:
        rows = _rows(path, archive, "Applications.txt", ("ApplNo", "ApplType"))
        found = {number: Application(type_) for number, type_ in rows if number in numbers}
        for number, *names in _rows(path, archive, "Products.txt", ("ApplNo", "DrugName", "ActiveIngredient")):
            if number in found:
                found[number].names.update(names)
        until = _submissions(path, archive, found)
        written = archive.getinfo("Submissions.txt").date_time
    for application in found.values():
        application.approved.sort()
    return DrugsAtFda(min(until, "{:04}-{:02}-{:02}".format(*written)), found)


def _submissions(path: Path, archive: ZipFile, found: dict[str, Application]) -> str:
    """Adds the approved submissions to their applications; the latest day of all."""
    classes = {}
    if "SubmissionClass_Lookup.txt" in archive.namelist():
        columns = ("SubmissionClassCodeID", "SubmissionClassCode")
        classes = dict(_rows(path, archive, "SubmissionClass_Lookup.txt", columns))
    cells = ("ApplNo", "SubmissionClassCodeID", "SubmissionType", "SubmissionNo", "SubmissionStatus")
    until = ""
    for number, klass, type_, sequence, status, stamp, priority in _rows(
        path, archive, "Submissions.txt", (*cells, "SubmissionStatusDate", "ReviewPriority")
    ):
        day = _DAY.match(stamp)
        if stamp and not (day and span(day[0])):
            found_here = f"Submissions.txt has the date {stamp[:40]!r} for application {number}"
            raise SourceFileError(path, found_here, "dates such as 2012-04-26")
        if not day:
            continue
        until = max(until, day[0])
        if number in found and status == _APPROVED:
            name = f"{type_}-{sequence}"
            found[number].approved.append(Submission(day[0], name, classes.get(klass, ""), priority))
    return until


@contextmanager
def _opened(path: Path) -> Iterator[ZipFile]:
    """The zip; what the library says of a damaged one becomes a SourceFileError, at this one door."""
    try:
        with ZipFile(path) as archive:
            yield archive
    except (BadZipFile, EOFError, OSError, lzma.LZMAError, zlib.error) as error:
        raise SourceFileError(path, f"this is no zip file, or a damaged one ({error})", _A_ZIP) from error
    except (NotImplementedError, RuntimeError) as error:
        raise SourceFileError(path, f"the zip cannot be unpacked ({error})", f"{_A_ZIP}, not encrypted") from error


def _rows(path: Path, archive: ZipFile, member: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    """The cells of these columns in each row of a member. Raises SourceFileError."""
    if member not in archive.namelist():
        there = ", ".join(archive.namelist()[:12]) or "nothing"
        raise SourceFileError(path, f"it holds no {member} (it holds {there})", _A_ZIP)
    size = archive.getinfo(member).file_size
    if size > _LARGEST:
        raise SourceFileError(path, f"{member} is {size} bytes when unpacked", f"at most {_LARGEST} bytes")
    lines = _lines(path, archive, member)
    header = next(lines, [])
    missing = [column for column in columns if column not in header]
    if missing:
        raise SourceFileError(path, f"{member} has no column {', '.join(missing)}", f"the columns {', '.join(columns)}")
    places = [header.index(column) for column in columns]
    for line, cells in enumerate(lines, start=2):
        if len(cells) < len(header):
            found = f"line {line} of {member} has {len(cells)} cells"
            raise SourceFileError(path, found, f"{len(header)}, as its header has")
        yield [cells[place].strip() for place in places]


def _lines(path: Path, archive: ZipFile, member: str) -> Iterator[list[str]]:
    with archive.open(member) as content:
        for raw in iter(lambda: content.readline(_LONGEST), b""):
            if len(raw) == _LONGEST:
                raise SourceFileError(path, f"{member} has a line over {_LONGEST} bytes", "tab-separated lines")
            if b"\0" in raw:
                raise SourceFileError(path, f"{member} holds null bytes, as UTF-16 does", "text in cp1252 or UTF-8")
            yield raw.decode("cp1252", errors="replace").rstrip("\r\n").split("\t")
