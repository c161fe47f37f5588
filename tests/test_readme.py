"""What the READMEs say is so."""

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from loader import release, store
from loader.cli import COMMANDS
from server.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_first_query_gives_the_answer_that_stands_below_it(real_home: Path) -> None:
    query = re.search(r"query='(.*?)'\n", README, re.S)
    assert query
    shown = re.search(r"\n    statement,why\n(?:    .*\n)+", README)
    assert shown
    from pyoxigraph import QueryResultsFormat, QuerySolutions

    answer = store.ask(store.open_read_only(release.open_current(real_home).store_path), query[1])
    assert isinstance(answer, QuerySolutions)
    given = answer.serialize(format=QueryResultsFormat.CSV)
    assert given is not None
    lines = [line.strip() for line in shown[0].strip().splitlines()]
    assert given.decode().splitlines() == lines


def test_every_setting_is_listed_with_its_default() -> None:
    for each in fields(Settings):
        assert f"`{each.metadata['variable']}`" in README, each.metadata["variable"]
    assert "`SARCOGRAPH_HOME`" in README


@pytest.mark.parametrize("command", [*COMMANDS], ids=lambda command: str(command.name))
def test_every_command_and_each_of_its_options_is_listed(command: object) -> None:
    from click import Command, Option

    assert isinstance(command, Command)
    row = re.search(rf"^\| `sarcograph {command.name}[ `].*$", README, re.M)
    assert row
    for option in command.params:
        if isinstance(option, Option) and not option.hidden:
            assert any(name in row[0] for name in option.opts), option.opts


def test_help_says_what_each_command_does() -> None:
    command = [str(Path(sys.executable).parent / "sarcograph"), "--help"]
    told = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True).stdout
    for name in ("build", "format", "import-table", "serve", "validate"):
        assert name in told


def test_the_first_thirty_lines_hold_what_a_newcomer_needs() -> None:
    head = "\n".join(README.splitlines()[:30])
    for wanted in ("make serve", "make test", "![", "SELECT", "http://127.0.0.1:8000/"):
        assert wanted in head


def test_every_link_inside_the_project_leads_somewhere() -> None:
    for path in [ROOT / "README.md", *ROOT.glob("[a-z]*/README.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path}: {target}"
