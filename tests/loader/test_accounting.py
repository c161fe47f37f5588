"""Every row of every table is in the graph, or rejected with a reason."""

import csv

import pytest

from loader import factbase
from loader.accounting import Account, accounts
from loader.places import facts
from loader.tables import mapping

DOSSIER = facts().root.parent / "shared" / "dossier"


@pytest.fixture(scope="module")
def told() -> dict[str, Account]:
    return {account.table: account for account in accounts(factbase.read(facts()).data)}


def test_every_table_that_can_be_imported_is_accounted_for(told: dict[str, Account]) -> None:
    assert set(told) == {mapping.load(kind).source for kind in mapping.kinds()}
    for account in told.values():
        assert (account.missing, account.rejections) == (0, ()), account.line()


def test_the_account_agrees_with_the_tables_themselves(told: dict[str, Account]) -> None:
    if not DOSSIER.is_dir():
        pytest.skip("the tables that the data came from are absent")
    for path in DOSSIER.glob("*.tsv"):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = sum(1 for _ in csv.DictReader(lines, delimiter="\t"))
        assert told[f"dossier-{path.stem.replace('_', '-')}"].rows == rows, path.name


def test_a_row_that_is_neither_in_nor_rejected_is_told() -> None:
    lost = Account("a-table", "sg:Drug", 5, 3, ("line 2: slug: it is empty",))
    assert lost.line() == "a-table: 5 rows, 3 in, 1 rejected, 1 UNACCOUNTED FOR"
    assert (
        Account("a-table", "sg:Drug", 2, 3, ()).line() == "a-table: 2 rows, 3 in, 0 rejected, 1 in that no row is for"
    )
