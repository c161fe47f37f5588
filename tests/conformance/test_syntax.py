"""No valid query of the W3C suites is refused, save those that call other endpoints, and no invalid one is accepted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import w3c
from engine import Server, ask_engine
from known import READ_OTHERWISE
from pyoxigraph import Store
from w3c import Case

from loader.errors import QueryForbiddenError, QuerySyntaxError, UnknownFunctionError

pytestmark = w3c.marks
QUERIES = w3c.of_kind("PositiveSyntaxTest", "NegativeSyntaxTest", suffix=".rq")
UPDATES = w3c.of_kind("Positive", "Negative", "UpdateEvaluationTest", suffix=".ru")
FUNCTION = "The custom function"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server without data."""
    server = Server(tmp_path_factory.mktemp("empty"), [])
    yield server
    server.close()


def engine_reads(text: str) -> bool:
    """Whether the engine takes a text for a query, even if it knows a function in it not."""
    try:
        ask_engine(Store(), text)
    except SyntaxError:
        return False
    except RuntimeError as error:
        assert FUNCTION in str(error)
    return True


@pytest.mark.parametrize("case", QUERIES)
def test_the_engine_reads_what_the_suite_takes_for_a_query(case: Case) -> None:
    calls = "SERVICE" in case.text
    is_query = case.kind.startswith("Positive")
    if not calls or not is_query:  # a call is made while the query is read
        assert (engine_reads(case.text) == is_query) == (case.name not in READ_OTHERWISE)


@pytest.mark.parametrize("case", QUERIES)
def test_the_server_reads_what_the_engine_reads(server: Server, case: Case) -> None:
    try:
        server.ask(case.text, "text/csv")
    except QueryForbiddenError as error:
        assert "SERVICE" in str(error) and "SERVICE" in case.text.upper()
    except (QuerySyntaxError, UnknownFunctionError) as error:
        assert isinstance(error, UnknownFunctionError) or not engine_reads(case.text)
    else:
        assert engine_reads(case.text)


@pytest.mark.parametrize("case", UPDATES)
def test_no_update_is_taken_for_a_query(server: Server, case: Case) -> None:
    with pytest.raises((QueryForbiddenError, QuerySyntaxError)):
        server.ask(case.text, "text/csv")


FOLDERS = ("sparql11/service/", "sparql11/syntax-fed/")
CALLS = [path for path in w3c.files() if path.startswith(FOLDERS) and path.endswith(".rq")]


@pytest.mark.parametrize("path", CALLS)
def test_every_query_of_the_federation_suite_is_refused(server: Server, path: str) -> None:
    with pytest.raises(QueryForbiddenError, match="SERVICE"):
        server.ask(w3c.read(path).decode(), "text/csv")
