"""A store that lies upon another: what a query asks by default is the union of its graphs, whatever came and went."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from loader import store

ONE, OTHER = NamedNode("https://example.org/one"), NamedNode("https://example.org/other")
IN_ONE = [Quad(ONE, ONE, Literal(str(n)), ONE) for n in range(40)]
IN_BOTH = [*IN_ONE, Quad(ONE, ONE, Literal("1"), OTHER)]
GONE_FROM_ONE = [quad for quad in IN_BOTH if quad != IN_ONE[1]]


@pytest.mark.parametrize(
    ("before", "after", "holds_union"),
    [
        (IN_ONE, IN_ONE[1:], False),
        (IN_ONE, IN_BOTH, True),
        (IN_BOTH, IN_ONE, False),
        (IN_BOTH, IN_BOTH[1:], True),
        (IN_BOTH, GONE_FROM_ONE, False),
        (IN_ONE, IN_ONE, False),
    ],
    ids=["shares none", "comes to share", "shares no more", "still shares", "the other graph keeps it", "is the same"],
)
def test_it_holds_what_a_store_by_itself_would(
    tmp_path: Path, before: list[Quad], after: list[Quad], holds_union: bool
) -> None:
    store.write(tmp_path / "base", before)
    store.write(tmp_path / "whole", after)
    assert store.write_upon(tmp_path / "upon", tmp_path / "base", after, 2.0)
    upon, whole = (store.open_read_only(tmp_path / name) for name in ("upon", "whole"))
    assert set(upon) == set(whole)
    assert store.holds_union(upon) is holds_union
    assert set(store.quads(upon)) == set(after)
    assert set(store.quads(store.open_read_only(tmp_path / "base"))) == set(before)


def test_it_can_be_lain_upon_again_and_outlives_what_it_lies_upon(tmp_path: Path) -> None:
    store.write(tmp_path / "base", IN_ONE)
    assert store.write_upon(tmp_path / "first", tmp_path / "base", IN_ONE[1:], 0.5)
    assert store.write_upon(tmp_path / "second", tmp_path / "first", IN_ONE[2:], 0.5)
    for folder in ("base", "first"):
        for path in (tmp_path / folder).iterdir():
            path.unlink()
    assert set(store.open_read_only(tmp_path / "second")) == set(IN_ONE[2:])
