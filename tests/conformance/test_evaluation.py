"""Every query of the W3C suites is answered through guard, worker and serializers as the engine answers it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import w3c
from answers import GRAPHS, SOLUTIONS, of_body, of_csv, of_engine, of_result_set, of_triples
from engine import Graphs, Server, ask_engine
from known import CANNOT_HOLD, FAILS_IN_THE_ENGINE
from pyoxigraph import DefaultGraph, QueryResultsFormat, QueryTriples, Store, parse, parse_query_results
from w3c import BASE, Case

from loader.errors import NotAcceptableError, QuerySyntaxError
from server.guard import Limits, read

pytestmark = w3c.marks
EVALUATED = w3c.of_kind("QueryEvaluationTest", "CSVResultFormatTest")


@pytest.fixture(scope="module")
def held() -> Store:
    """All data of the suites in one store, each file a named graph."""
    store = Store()
    given = {path for case in w3c.cases() for path in case.data + case.graph_data}
    for path in given | {path for case in w3c.cases() for path in case.from_data}:
        store.bulk_extend(w3c.quads(path))
    return store


@pytest.fixture(scope="module", params=["memory", "disk"])
def server(held: Store, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server of the same, which its workers share in memory or open on disk."""
    server = Server(tmp_path_factory.mktemp("w3c"), iter(held), request.param == "disk")
    yield server
    server.close()


def dataset(case: Case) -> tuple[Graphs, Graphs]:
    """The graphs that a case gives to its query; None where the query names its own by FROM."""
    if read(case.text, Limits()).names_dataset:
        return None, None
    named = [BASE + path for path in case.graph_data]
    for path in case.data:
        if path.endswith((".trig", ".nq")):
            own = {quad.graph_name for quad in parse(w3c.read(path), w3c.format_of(path), base_iri=BASE + path)}
            named += [name.value for name in own if not isinstance(name, DefaultGraph)]
    return [BASE + path for path in case.data], named


def expected(case: Case) -> object:
    """The result that the suite expects."""
    suffix = case.result.rpartition(".")[2]
    if suffix == "csv":
        return of_csv(w3c.read(case.result))
    if suffix in ("srx", "srj", "tsv"):
        form = QueryResultsFormat.from_extension(suffix)
        assert form
        return of_engine(parse_query_results(w3c.read(case.result), form))
    table = of_result_set(w3c.graph(case.result))
    if table is not None:
        return table
    found = parse(w3c.read(case.result), w3c.format_of(case.result), base_iri=BASE + case.result)
    return of_triples(quad.triple for quad in found)


@pytest.mark.parametrize("case", EVALUATED)
def test_the_engine_answers_as_the_suite_expects(held: Store, case: Case) -> None:
    try:
        answer = ask_engine(held, case.text, *dataset(case))
    except SyntaxError:
        assert case.name in FAILS_IN_THE_ENGINE
        return
    if case.result.endswith(".csv"):
        found = of_csv(answer.serialize(format=QueryResultsFormat.CSV) or b"")  # type: ignore[union-attr, call-overload]
    else:
        found = of_engine(answer)
    assert (found == expected(case)) == (case.name not in FAILS_IN_THE_ENGINE)


@pytest.mark.parametrize("case", EVALUATED)
def test_the_server_answers_as_the_engine_does(held: Store, server: Server, case: Case) -> None:
    graphs, named = dataset(case)
    try:
        answer = ask_engine(held, case.text, graphs, named)
    except SyntaxError:
        with pytest.raises(QuerySyntaxError):
            server.ask(case.text, "text/csv", graphs, named)
        return
    is_graph = isinstance(answer, QueryTriples)
    found = of_engine(answer)
    for media_type in GRAPHS if is_graph else SOLUTIONS:
        if case.name in CANNOT_HOLD.get(media_type, ()):
            with pytest.raises(NotAcceptableError):
                server.ask(case.text, media_type, graphs, named)
        else:
            assert of_body(server.ask(case.text, media_type, graphs, named), media_type) == found, media_type


@pytest.mark.parametrize("case", [each for each in EVALUATED if "csv-tsv-res" in each.id])
def test_the_server_writes_tables_as_the_engine_does(held: Store, server: Server, case: Case) -> None:
    graphs, named = dataset(case)
    written = ask_engine(held, case.text, graphs, named).serialize(format=QueryResultsFormat.CSV)
    assert of_csv(server.ask(case.text, "text/csv", graphs, named)) == of_csv(written)


def test_the_suites_have_queries_that_are_rewritten() -> None:
    queries = [parameter.values[0].text for parameter in EVALUATED]  # type: ignore[attr-defined]
    assert sum(read(query, Limits()).text_to_run != query for query in queries) > 20


def test_a_known_count_is_the_number_of_rows(server: Server) -> None:
    """The files of the suites share triples, which are one in the union of all graphs."""
    counted = server.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", "text/csv").split()[1]
    rows = server.ask("SELECT * WHERE { ?s ?p ?o }", "text/tab-separated-values").decode().splitlines()[1:]
    assert int(counted) == len(rows) == len(set(rows))
    assert server.ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", "text/csv", [], []).split()[1] == b"0"
