"""The words of pages."""

from __future__ import annotations

import pytest

from server import wording


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("a; b", ["a", "b"]),
        ("Products (VOTRIENT: tablet; oral); WHO", ["Products (VOTRIENT: tablet; oral)", "WHO"]),
        ("a ((b; c); d); e;", ["a ((b; c); d)", "e"]),
        ("a) b; c", ["a) b", "c"]),
        ("a (b; c", ["a (b; c"]),
        ("", []),
    ],
)
def test_what_a_text_lists_is_told_apart_but_not_within_parentheses(text: str, items: list[str]) -> None:
    assert wording.listed(text) == items
