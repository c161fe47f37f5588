"""An entity in schema.org's words: whatever it is called, the block in its page stays a block of data."""

from __future__ import annotations

import json

import pytest

from loader.kinds import KINDS
from loader.namespaces import BASE, entity, expand
from server.entity_page import EntityPage, Property, Value
from server.panels import Cell
from server.schema_org import block, describe

NASTY = (
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>&lt;&amp;",
    "\u2028\u2029\u0000\ud7ff\\",
    '"}, {"@id": "x',
)


def page(kind: str, slug: str, title: str, **values: Cell) -> EntityPage:
    """A page that states one value of each property, named by its CURIE with `_` for the colon."""
    stated = [Property(expand(curie.replace("_", ":", 1)), curie, "", [Value(cell)]) for curie, cell in values.items()]
    return EntityPage(entity(kind, slug), KINDS[kind], slug, title, [], stated, [], [], [])


def text(value: str) -> Cell:
    return Cell(value, "literal", value)


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_no_content_ends_the_block_or_changes_what_it_says(nasty: str) -> None:
    written = block(page("claim", "x", nasty, sg_statement=text(nasty)), "2026-11-25.1")
    assert not {"<", ">", "&", "\u2028", "\u2029"}.intersection(written)
    said = json.loads(written)
    assert (said["name"], said["text"], said["@type"]) == (nasty, nasty, "Claim")


def test_a_number_is_a_number_and_what_is_none_stays_words() -> None:
    assert describe(page("result", "x", "x", sg_value=text("13.7")), "1")["value"] == 13.7
    assert describe(page("result", "x", "x", sg_value=text("1e999")), "1")["value"] == "1e999"


def test_a_thing_is_named_and_typed_a_word_only_named() -> None:
    drug = Cell(f"{BASE}drug/a", "iri", "a drug")
    said = describe(page("regimen", "x", "x", sg_hasDrug=drug), "1")
    assert said["drug"] == {"@type": "Drug", "name": "a drug", "@id": f"{BASE}drug/a"}
    assert describe(page("trial", "x", "x", sg_sponsor=text("S")), "1")["sponsor"] == {
        "@type": "Organization",
        "name": "S",
    }


def test_what_is_recalled_says_so() -> None:
    recalled = Cell(entity("concept", "confidence/recalled"), "iri", "recalled")
    said = describe(page("drug", "x", "x", sg_confidence=recalled), "1")["mainEntityOfPage"]
    assert isinstance(said, dict) and said["creativeWorkStatus"] == "recalled, not yet verified"
    assert "creativeWorkStatus" not in str(describe(page("drug", "x", "x"), "1"))


def test_every_kind_has_a_class() -> None:
    assert all(describe(page(kind, "x/y", "x"), "1")["@type"] for kind in KINDS)
