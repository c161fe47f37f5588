"""The commands that hold our statements against the authorities' files: verify approvals, verify mappings."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from loader.errors import shown
from loader.places import facts

if TYPE_CHECKING:
    from loader.verify.findings import Comparison

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_HERE = Path(__file__).parent

_data = click.option("--data", type=_FOLDER, help="The data folder to compare; data/ of the checkout otherwise.")
_json = click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")


@click.group()
def verify() -> None:
    """Compare the curated data with the authorities' own files; exit 1 where an undeclared difference is left."""


@verify.command()
@click.option("--drugsatfda", type=_FILE, required=True, help="The zip of FDA's Drugs@FDA data files.")
@_data
@_json
def approvals(drugsatfda: Path, data: Path | None, as_json: bool) -> None:
    """Compare every FDA approval with the submissions that the FDA lists."""
    from loader.curated import Curated
    from loader.verify import approvals, findings
    from loader.verify import drugsatfda as table

    ours = approvals.stated(Curated(facts(data=data)))
    theirs = table.read(drugsatfda, approvals.numbers(ours))
    against = f"Drugs@FDA, decisions to {theirs.until} ({shown(drugsatfda)})"
    declared = findings.exceptions(_HERE / "approvals.exceptions.tsv")
    _tell(findings.compared(against, approvals.verify(ours, theirs), declared), as_json)


@verify.command()
@click.option("--sssom", type=_FILE, required=True, multiple=True, help="A mapping file of MONDO; any number.")
@click.option("--oncotree", type=_FILE, help="OncoTree's tree as JSON.")
@click.argument("more", type=_FILE, nargs=-1, metavar="[FILE]…")
@_data
@_json
def mappings(
    sssom: tuple[Path, ...], more: tuple[Path, ...], oncotree: Path | None, data: Path | None, as_json: bool
) -> None:
    """Compare the cross-references of diseases with MONDO's mappings: --sssom FILE, and more of them as FILE…"""
    from loader.curated import Curated
    from loader.verify import findings, mappings
    from loader.verify import oncotree as tree
    from loader.verify import sssom as table

    theirs = table.read((*sssom, *more))
    codes = tree.read(oncotree) if oncotree else None
    ours = mappings.stated(Curated(facts(data=data)))
    against = f"MONDO {', '.join(sorted(set(theirs.versions))) or 'without version'}"
    against += f" and OncoTree ({shown(oncotree)})" if oncotree else ""
    declared = findings.exceptions(_HERE / "mappings.exceptions.tsv")
    _tell(findings.compared(against, mappings.verify(ours, theirs, codes), declared), as_json)


def _tell(comparison: Comparison, as_json: bool) -> None:
    print(comparison.as_json() if as_json else "\n".join(comparison.lines()))
    if comparison.failed:
        sys.exit(1)
