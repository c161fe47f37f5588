"""The commands that put triples in: format, import-table, validate, build; and dump, which takes them out."""

from __future__ import annotations

import csv
import os
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from loader.dumps.commands import dump
from loader.errors import FactError, FactsError, SarcographError, SettingError, ValidationError, shown
from loader.places import NAMESPACE, facts, home
from loader.verify.commands import verify

if TYPE_CHECKING:
    from loader.build import Built

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_PATH = click.Path(exists=True, path_type=Path)


@click.command("format")
@click.argument("paths", nargs=-1, type=_PATH)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 where a file is not in canonical form.")
def format_command(paths: tuple[Path, ...], check: bool) -> None:
    """Write data files in their canonical form: PATHS are files or folders, data/ where none is given."""
    _require_project()
    from loader import turtle
    from loader.canonical import formatted
    from loader.curated import replace

    faults: list[FactError] = []
    wanting: list[Path] = []
    files = [file for path in paths or (facts().data,) for file in _turtle_files(path)]
    for path in files:
        try:
            file = turtle.read(path)
            text = formatted(file)
        except FactError as fault:
            faults.append(fault)
            continue
        if text != file.source:
            wanting.append(path)
            if not check:
                replace(path, text)
    for path in wanting:
        print(f"{shown(path)}: {'is not in canonical form; run: sarcograph format' if check else 'formatted'}")
    if faults:
        raise FactsError(faults)
    print(f"{len(files)} files, {len(wanting)} {'not in canonical form' if check else 'changed'}")
    if check and wanting:
        sys.exit(1)


def _turtle_files(path: Path) -> Iterable[Path]:
    return [path] if path.is_file() else sorted(path.rglob("*.ttl"))


@click.command("import-table")
@click.argument("kind")
@click.argument("table", type=_FILE)
@click.option("--where", multiple=True, metavar="COLUMN=VALUE,…", help="Import only rows with one of these values.")
@click.option("--page", type=_FILE, help="For claims: the text of the page that they are spans of.")
@click.option("--table-wins", is_flag=True, help="Where a single value differs, take the table's, not the file's.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the rejected rows.")
@click.option("--data", type=_FOLDER, help="The data folder to import into; data/ of the checkout otherwise.")
def import_table(
    kind: str,
    table: Path,
    where: tuple[str, ...],
    page: Path | None,
    table_wins: bool,
    rejects: Path | None,
    data: Path | None,
) -> None:
    """Import TABLE, a tab-separated file of entities of KIND, into the curated files.

    What the files say already stays. Rows that cannot be used are listed and written to a file; the others go in.
    """
    _require_project()
    from loader.curated import Curated
    from loader.factbase import read_shapes
    from loader.tables.importer import Importer
    from loader.validation import single_valued

    places = facts(data=data)
    importer = Importer(Curated(places), single_valued(read_shapes(places)), table_wins)
    outcome = importer.run(kind, table, dict(_condition(given) for given in where), _page(kind, page))
    for line, _, fault in outcome.rejected:
        print(f"{shown(table, line)}: rejected: {fault}", file=sys.stderr)
    for difference in outcome.differences:
        print(f"differs: {difference}", file=sys.stderr)
    counts = f"{outcome.imported} imported, {outcome.left_out} left out, {len(outcome.rejected)} rejected"
    print(f"{outcome.rows} rows: {counts}; {len(outcome.changed)} files changed")
    if where and not outcome.imported and not outcome.rejected:
        print("No row has a value that --where names.", file=sys.stderr)
    if outcome.rejected:
        _write_rejects(table, rejects or Path(f"{table.stem}.rejects.tsv"), outcome.rejected)
        sys.exit(1)


def _page(kind: str, page: Path | None) -> str:
    """The text of the page whose claims are imported; empty for other kinds."""
    if kind != "claim":
        return ""
    if page is None:
        raise SettingError("--page", "missing", "the text file of the page whose claims the table lists")
    try:
        return page.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise SettingError("--page", str(page), "a text file in UTF-8") from error


def _condition(given: str) -> tuple[str, list[str]]:
    column, separator, values = given.partition("=")
    if not separator or not values:
        raise SettingError("--where", given, "COLUMN=VALUE or COLUMN=VALUE,VALUE")
    return column, [value.strip() for value in values.split(",")]


def _write_rejects(table: Path, path: Path, rejected: Iterable[tuple[int, list[str], SarcographError]]) -> None:
    """The rejected rows with line, field and reason before their cells, under the table's own header."""
    header = table.read_bytes().partition(b"\n")[0].decode("utf-8-sig").rstrip("\r").split("\t")
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as lines:
        writer = csv.writer(lines, delimiter="\t", lineterminator="\n")
        writer.writerow(["line", "reason", *header])
        writer.writerows([line, str(fault), *cells] for line, cells, fault in rejected)
    print(f"The rejected rows are in {shown(path)}.", file=sys.stderr)


@click.command()
@click.argument("data", type=_FOLDER, required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def validate(data: Path | None, as_json: bool) -> None:
    """Validate a data folder, DATA or data/, against the shapes and checks; exit 1 where it breaks one."""
    from loader import factbase
    from loader.build import check

    report = check(factbase.read(facts(data=data)))
    if as_json:
        print(report.as_json())
    else:
        print("\n".join([*report.lines(), report.summary()]))
    if report.violations:
        sys.exit(1)


@click.command()
@click.option("--facts", "root", type=_FOLDER, help="A folder that holds ontology/, shapes/ and data/.")
@click.option("--namespace", metavar="URL", help="For a mirror with IRIs of its own: what they begin with.")
@click.pass_context
def build(context: click.Context, root: Path | None, namespace: str | None) -> None:
    """Build a release of the facts in SARCOGRAPH_HOME (or ./.sarcograph) and make it the current one."""
    use_namespace(namespace)
    from loader import build as building

    examples = context.obj() if callable(context.obj) else ()
    steps, hidden = len(building.STEPS), not sys.stderr.isatty()
    with click.progressbar(length=steps, label="building", file=sys.stderr, hidden=hidden) as bar:
        built = building.build(facts(root), home(), examples, _progress(bar))
        bar.update(1)
    _tell(built)


def use_namespace(url: str | None) -> None:
    """Have all IRIs of ours begin with `url`. To be called before `loader.namespaces` is read."""
    if url is not None:
        os.environ[NAMESPACE] = url
    given = os.environ.get(NAMESPACE)
    if given and not re.fullmatch(r"https?://[^\s<>\"{}|\\^`?#/]+/(?:[^\s<>\"{}|\\^`?#]*/)?", given):
        raise SettingError(NAMESPACE, given, "a URL that ends in a slash, such as https://example.org/sarcograph/")


def _require_project() -> None:
    """Files are written in the project's own namespace. Raises SettingError where another is in use."""
    if os.environ.get(NAMESPACE):
        raise SettingError(NAMESPACE, os.environ[NAMESPACE], "nothing: files keep the project's namespace")


def _progress(bar: Any) -> Callable[[str], None]:
    """Moves the bar by the step just ended and shows the one that begins; a bar is only drawn on a terminal."""
    begun: list[str] = []

    def step(name: str) -> None:
        bar.label = f"{name:<20}"
        bar.update(1 if begun else 0)
        begun.append(name)

    return step


def _tell(built: Built) -> None:
    manifest = built.release.manifest
    warnings = len(built.report.warnings)
    if warnings:
        print(f"{warnings} warnings; 'sarcograph validate' lists them.", file=sys.stderr)
    state = "built" if built.new else "is current: the facts have not changed"
    print(f"Release {built.release.version} {state} ({manifest['triples']} triples) in {shown(built.release.path)}")
    print(f"content hash {manifest['content_hash']}")
    print("\n".join(account.line() for account in built.accounts))


def explain(error: SarcographError) -> str:
    """What the command line prints of an error: its sentence, and of a failed validation every fault."""
    if isinstance(error, ValidationError):
        return "\n".join([*error.report.lines(), f"{error}. Nothing was built."])
    return str(error)


COMMANDS = (format_command, import_table, validate, verify, build, dump)
