"""The engine's own SERVICE, in another process than the server's, finds the endpoint to be one."""

from __future__ import annotations

import pytest
from pyoxigraph import Literal, NamedNode, Quad, QuerySolutions, Store
from questions import LABEL, TRABECTEDIN, calling

pytestmark = pytest.mark.clients


def labels(store: Store, query: str) -> list[object]:
    found = store.query(query)
    assert isinstance(found, QuerySolutions)
    return [row["label"] for row in found]


def test_a_query_elsewhere_calls_the_endpoint(endpoint: str) -> None:
    assert labels(Store(), calling(endpoint)) == [Literal("trabectedin", language="en")]


def test_data_elsewhere_are_joined_with_the_endpoints(endpoint: str) -> None:
    store = Store()
    sold, shop = NamedNode("http://example.org/sells"), NamedNode("http://example.org/shop")
    store.add(Quad(shop, sold, NamedNode(TRABECTEDIN)))
    store.add(Quad(shop, sold, NamedNode("http://example.org/tea")))
    query = f"SELECT ?label WHERE {{ ?shop <{sold.value}> ?drug . SERVICE <{endpoint}> {{ ?drug <{LABEL}> ?label }} }}"
    assert labels(store, query) == [Literal("trabectedin", language="en")]


def test_a_call_that_fails_is_told_or_passed_over(endpoint: str) -> None:
    within = f"SERVICE <{endpoint}> {{ ?drug <{LABEL}> ?label . SERVICE <{endpoint}> {{ ?drug ?p ?o }} }}"
    with pytest.raises((RuntimeError, OSError), match="403"):
        labels(Store(), f"SELECT ?label WHERE {{ {within} }}")
    silent = within.replace("SERVICE", "SERVICE SILENT", 1)
    assert labels(Store(), f"SELECT ?label WHERE {{ {silent} }}") == [None]
