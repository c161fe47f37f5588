"""The guard refuses calls to other endpoints, updates, and what is too deep, too long or without its prefixes."""

from __future__ import annotations

import contextlib
import time

import pytest

from loader.errors import QueryForbiddenError, QueryLimitError, QuerySyntaxError, SarcographError
from server.guard import FORMS, Limits, check, read

CALLS = [
    "ASK { SERVICE <http://a/> { ?s ?p ?o } }",
    "ASK { service <http://a/> { ?s ?p ?o } }",
    "ASK { SeRvIcE SILENT <http://a/> { ?s ?p ?o } }",
    "ASK{SERVICE<http://a/>{?s ?p ?o}}",
    "ASK { SERVICE ?where { ?s ?p ?o } }",
    "PREFIX ex: <http://a/> ASK { SERVICE ex:b { ?s ?p ?o } }",
    "ASK { # where\nSERVICE # now\n<http://a/> { ?s ?p ?o } }",
    "ASK { # a comment ends at a carriage return\rSERVICE <http://a/> { ?s ?p ?o } }",
    "SELECT * { { SELECT * { ?s ?p ?o FILTER EXISTS { SERVICE <http://a/> { ?s ?p ?o } } } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { OPTIONAL { SERVICE <http://a/> { ?s ?p ?o } } }",
    "DESCRIBE ?s { SERVICE <http://a/> { ?s ?p ?o } }",
    # The engine needs no space before a keyword.
    "ASK { ?s ?p 1SERVICE <http://a/> { ?s ?p ?o } }",
    "ASK { ?s ?p trueSERVICE <http://a/> { ?s ?p ?o } }",
    "ASK { ?s ?p 'a'SERVICE <http://a/> { ?s ?p ?o } }",
    "ASK { ?s ?p ?o.SERVICE<http://a/>{ ?s ?p ?o } }",
    "ASK { ?s ?p 'a'@en--ltrSERVICE <http://a/> { ?s ?p ?o } }",
    # The engine reads these as SERVICE :a and SERVICE SILENT :a.
    "PREFIX service: <http://b/> PREFIX : <http://a/> ASK { service:a { ?s ?p ?o } }",
    "PREFIX serviceSILENT: <http://b/> PREFIX : <http://a/> ASK { serviceSILENT:a { ?s ?p ?o } }",
    "PREFIX SERVICEex: <http://b/> PREFIX ex: <http://a/> ASK { SERVICEex:a{} }",
    # A less-than and a comment or a string, which look like an IRI.
    "ASK { ?s ?p ?a, ?b FILTER(?a<?b#>'''\n) SERVICE <http://a/> { ?s ?p ?o } } #'''",
    "ASK { ?s ?p ?a, ?b FILTER(?a<#>'''\n?b) SERVICE <http://a/> { ?s ?p ?o } } #'''",
    "PREFIX ex: <http://a/> ASK { ?s ?p ?a FILTER(?a<ex:b#>'''\n) SERVICE <http://a/> { ?s ?p ?o } } #'''",
    # An empty string and a short one, which look like a long one.
    "ASK { VALUES ?x { ''' ' } SERVICE <http://a/> { ?s ?p ?o } } #\\q '''",
    'ASK { VALUES ?x { """a"b""" } SERVICE <http://a/> { ?s ?p ?o } }',
    "PREFIX ex: <http://a/> ASK { ?s ex:a\\'b ?o . SERVICE <http://a/> { ?s ex:a\\'b ?o } }",
    "PREFIX ex: <http://a/> ASK { ?s ex:a\\#b ?o . SERVICE <http://a/> { ?s ?p ?o } }",
]


@pytest.mark.parametrize("query", CALLS)
def test_a_call_to_another_endpoint_is_refused_however_it_is_written(query: str) -> None:
    with pytest.raises(QueryForbiddenError, match="SERVICE"):
        check(query, Limits())


def test_a_comparison_that_looks_like_an_iri_hides_no_call() -> None:
    query = "ASK { ?s ?p ?a FILTER(?a!='x'||?a<'>') SERVICE <http://a/> { ?s ?p ?o } FILTER(?a!='') }"
    with pytest.raises(QueryForbiddenError, match="SERVICE"):
        check(f"{query} #'", Limits())
    with pytest.raises(QuerySyntaxError, match="not closed"):
        check(query, Limits())


MENTIONS = [
    "SELECT ?service { ?service ?SERVICE $service }",
    "PREFIX ex: <http://a/> SELECT * { ?s ex:SERVICE ?o }",
    "PREFIX service: <http://a/> SELECT * { ?s service:provided ?o . ?s a service:Desk }",
    "PREFIX service: <http://a/> SELECT * { GRAPH service:graph { ?s ?p ?o } }",
    "PREFIX service: <http://a/> SELECT * FROM NAMED service:graph { ?s ?p ?o }",
    "SELECT * { ?s ?p 'SERVICE', \"SERVICE <x> {\", '''SERVICE 'is' here''', \"\"\"a \"SERVICE\" \"\"\" }",
    "SELECT * { ?s ?p 'it\\'s a SERVICE <x> {}' }",
    'SELECT * { ?s ?p "a \\\\" , " SERVICE " }',
    "SELECT * { ?s ?p '\\u0027 SERVICE' }",
    "SELECT * { ?s <http://a/SERVICE> ?o }",
    "SELECT * { ?s <http://a/b#SERVICE> ?o }",
    "SELECT * { ?s <http://a/it's#x> ?o . ?s ?p 'SERVICE' }",
    "SELECT * { ?s ?p 'a'@service, 'b'@en-service }",
    "SELECT * { ?s ?p ?o } # SERVICE <http://a/> {}",
    "# SERVICE\nSELECT * { ?s ?p ?o }",
    "SELECT * { _:service ?p ?o }",
    "PREFIX ex: <http://a/> SELECT * { ?s ex:a\\'SERVICE ?o }",
    "SELECT * { ?a ?p ?b FILTER(?a<?b && ?b>?a && STR(?a) != 'SERVICE') }",
]


@pytest.mark.parametrize("query", MENTIONS)
def test_the_word_service_may_stand_in_names_strings_iris_and_comments(query: str) -> None:
    assert check(query, Limits()) == "SELECT"


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_the_first_word_after_the_prologue(form: str) -> None:
    prologue = "# INSERT\nBASE <http://a/> prefix select: <http://insert/> PREFIX : <delete>\n"
    assert check(f"{prologue}{form.lower()} {{ }}", Limits()) == form


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <a:b> <a:b> <a:b> }",
        "PREFIX ex: <http://a/>\ninsert { ?s ?p ?o } where { ?s ?p ?o }",
        "DELETE WHERE { ?s ?p ?o }",
        "LOAD <http://a/>",
        "CLEAR ALL",
        "CREATE GRAPH <a:b>",
        "DROP ALL",
        "COPY DEFAULT TO <a:b>",
        "MOVE DEFAULT TO <a:b>",
        "ADD DEFAULT TO <a:b>",
        "WITH <a:b> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_is_refused_as_an_update(update: str) -> None:
    with pytest.raises(QueryForbiddenError, match="read-only"):
        check(update, Limits())


def test_a_refusal_says_at_which_line_and_column() -> None:
    with pytest.raises(QueryForbiddenError) as caught:
        check("ASK {\n  ?s ?p ?o .\n  SERVICE <http://a/> { ?s ?p ?o } }", Limits())
    assert (caught.value.line, caught.value.column) == (3, 3)


@pytest.mark.parametrize("opening, closing", [("{", "}"), ("(", ")"), ("[ ?p ", "]")])
def test_brackets_nest_to_the_limit_and_no_deeper(opening: str, closing: str) -> None:
    check(f"ASK {{ {opening * 99}{closing * 99} }}", Limits())
    with pytest.raises(QueryLimitError, match="nested brackets is 101"):
        check(f"ASK {{ {opening * 100}{closing * 100} }}", Limits())


def test_brackets_in_strings_and_iris_do_not_count() -> None:
    check(f"ASK {{ ?s ?p '{'{' * 500}' , <http://a/{'(' * 500}> }}", Limits())


@pytest.mark.parametrize(
    "query",
    [
        f"ASK {{ FILTER({'!' * 3000}true) }}",
        f"ASK {{ ?s ?p ?o FILTER(?s = 1{' || ?s = 1' * 3000}) }}",
        f"ASK {{ {{ ?s ?p ?o }}{' UNION { ?s ?p ?o }' * 3000} }}",
        f"ASK {{ ?s ?p ?o {'OPTIONAL { ?s ?p ?o } ' * 3000} }}",
        f"ASK {{ ?s <a:b>{'/<a:b>' * 3000} ?o }}",
    ],
)
def test_chains_that_would_overrun_the_engines_stack_are_refused(query: str) -> None:
    with pytest.raises(QueryLimitError, match="operators"):
        check(query, Limits())


def test_a_long_list_of_values_is_no_chain() -> None:
    values = " ".join(f"<http://example.org/{number}>" for number in range(20_000))
    query = f"SELECT * {{ VALUES ?s {{ {values} }} ?s ?p ?o }}"
    assert check(query, Limits()) == "SELECT"
    with pytest.raises(QueryLimitError, match="length"):
        check(query, Limits(length=1000))


def test_an_endless_row_of_words_is_refused() -> None:
    with pytest.raises(QueryLimitError, match="words and signs"):
        check(". " * 300_000, Limits())


def test_a_prefix_that_is_not_declared_is_named_with_its_place_and_iri() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        check(
            "PREFIX sg: <https://w3id.org/sarcograph/ontology#>\nSELECT * { ?s a sg:Drug ; skos:prefLabel ?l }",
            Limits(),
        )
    assert (caught.value.line, caught.value.column) == (2, 27)
    assert "PREFIX skos: <http://www.w3.org/2004/02/skos/core#>" in str(caught.value)


def test_a_prefix_that_nobody_knows_is_named_without_an_iri() -> None:
    with pytest.raises(QuerySyntaxError, match="'foo:' is not declared"):
        check("SELECT * { ?s a foo:Drug }", Limits())
    with pytest.raises(QuerySyntaxError, match="':' is not declared"):
        check("SELECT * { ?s a :Drug }", Limits())


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX a.b-c: <http://a/> SELECT * { ?s a.b-c:d.e\\~f%20 ?o . _:x a.b-c: ?o }",
        "PREFIX ex: <http://a/> SELECT * { ?s ex:a/ex:b*|^ex:c|!(ex:d|^ex:e) ?o }",
        "PREFIX ex: <http://a/> SELECT * { ?s ?p ?a FILTER(?a<ex:b&&?a>ex:c) }",
        "PREFIX médecine: <http://a/> SELECT * { ?s médecine:traité ?o }",
        "SELECT * { ?s ?p 'a:b', <http://a:8000/b> } # c:d",
    ],
)
def test_prefixes_are_found_where_they_are_used_and_only_there(query: str) -> None:
    assert check(query, Limits()) == "SELECT"


@pytest.mark.parametrize(
    "query, word", [("", "empty"), ("  # nothing\n", "empty"), ("SELEC * { }", "'SELEC'"), ("{}", "'{'")]
)
def test_what_opens_no_query_is_told_so(query: str, word: str) -> None:
    with pytest.raises(QuerySyntaxError, match=word):
        check(query, Limits())


@pytest.mark.parametrize("query", ["SELECT * { ?s ?p 'a\nb' }", 'SELECT * { ?s ?p "a }', "SELECT * { ?s ?p 'a\\q' }"])
def test_a_string_that_is_not_closed_is_told_so(query: str) -> None:
    with pytest.raises(QuerySyntaxError, match="not closed"):
        check(query, Limits())


@pytest.mark.parametrize(
    "query, names",
    [
        ("SELECT * FROM <a:b> { ?s ?p ?o }", True),
        ("construct { ?s ?p ?o } from named <a:b> where { ?s ?p ?o }", True),
        ("SELECT * FROMNAMED<a:b>{ ?s ?p ?o }", True),
        ("SELECT ?from { ?from <a:from> 'FROM' } # FROM <a:b>", False),
    ],
)
def test_a_query_names_its_dataset_only_by_a_from_of_its_own(query: str, names: bool) -> None:
    assert read(query, Limits()).names_dataset == names


@pytest.mark.parametrize("run", ["é", "a.", "a-", "1a.", "a.b:", "::", "<", "\\", "@a-", "?"])
def test_a_long_run_of_one_sign_is_read_in_moments(run: str) -> None:
    """Not a measure of speed: what is read again from each of its characters would take hours at this length."""
    begun = time.monotonic()
    with contextlib.suppress(SarcographError):
        check("SELECT * {" + run * (400_000 // len(run)) + "}", Limits())
    assert time.monotonic() - begun < 20


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?now) { }",
        "SELECT * { ?s ?p ?o } ORDER BY rand()",
        "SELECT * { ?s ?p ?o FILTER(?o<struuid ()) }",
        "ASK { ?s ?p 'a'@en--ltrFILTER(?o<RAND()) }",
        "SELECT (UUID() AS ?u) { }",
        "SELECT * { ?s ?p ?o FILTERNOW() }",
        "CONSTRUCT { ?b ?p ?o } { ?s ?p ?o BIND(BNODE(STR(?s)) AS ?b) }",
    ],
)
def test_a_query_whose_answer_changes_is_found_out(query: str) -> None:
    assert not read(query, Limits()).is_stable


@pytest.mark.parametrize(
    "query",
    [
        "SELECT ?now ?random { ?now <http://a/rand> ?random, 'NOW()' } # UUID()",
        "PREFIX now: <http://a/> SELECT * { ?s now:rand ?o, '''now''' }",
    ],
)
def test_a_query_that_only_looks_like_it_is_stable(query: str) -> None:
    assert read(query, Limits()).is_stable


def test_one_reading_says_all_that_is_to_be_known() -> None:
    query = "PREFIX : <http://a/> SELECT * FROM :g { ?s a :T OPTIONAL { ?s :p ?o } }"
    form, with_dataset, is_stable, text = read(query, Limits())
    assert (form, with_dataset, is_stable) == ("SELECT", True, True)
    assert text == "PREFIX : <http://a/> SELECT * FROM :g { ?s a :T LATERAL { OPTIONAL { ?s :p ?o } } }"
    with pytest.raises(QueryForbiddenError, match="SERVICE"):
        read("ASK { SERVICE <http://a/> { ?s ?p ?o } }", Limits())
