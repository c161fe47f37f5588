"""The VoID description: every figure counted anew, and what the tools of the field ask of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QuerySolutions, RdfFormat, Store, parse

from loader import release, store, void
from loader.namespaces import BASE, EXAMPLES_GRAPH, GRAPH, VOID_GRAPH, expand, prefixes
from loader.partitions import Numbered
from loader.release import Release

PREFIXES = "".join(
    f"PREFIX {prefix}: <{prefixes()[prefix]}>\n"
    for prefix in ("dcat", "dcterms", "foaf", "owl", "pav", "rdf", "rdfs", "sd", "sg", "sh", "skos", "void", "void-ext")
)
INTEGER = expand("xsd:integer")
WHOLE = "whole"
GRAPHS = [
    WHOLE,
    *(GRAPH + name for name in ("curated", "ontology", "schemes", "shapes", "history", "source/seed-page")),
]

# What the vocabularies define and the description uses; a word that is none of them is a slip.
TERMS = {
    "dcat": "Dataset DataService Distribution accessService accessURL byteSize compressFormat distribution downloadURL "
    "endpointDescription endpointURL hasCurrentVersion mediaType servesDataset version",
    "dcterms": "conformsTo description hasPart issued license modified title",
    "foaf": "primaryTopic",
    "owl": "versionInfo",
    "pav": "version",
    "rdf": "type",
    "rdfs": "label",
    "sd": "Dataset Graph NamedGraph Service defaultDataset defaultGraph endpoint feature graph name namedGraph "
    "supportedLanguage",
    "spdx": "Checksum algorithm checksum checksumValue",
    "void": "Dataset DatasetDescription Linkset class classPartition classes dataDump distinctObjects distinctSubjects "
    "entities linkPredicate objectsTarget properties property propertyPartition sparqlEndpoint subjectsTarget subset "
    "triples uriSpace vocabulary",
    "void-ext": "datatype datatypePartition",
}


@pytest.fixture(scope="module")
def made(real_home: Path) -> Release:
    return release.open_current(real_home)


@pytest.fixture(scope="module")
def quads(made: Release) -> list[Quad]:
    return [quad for quad in store.open_read_only(made.store_path) if isinstance(quad.graph_name, NamedNode)]


@pytest.fixture(scope="module")
def opened(quads: list[Quad]) -> Store:
    """All named graphs, and their union as the default graph."""
    opened = store.in_memory(quads)
    opened.bulk_extend(Quad(quad.subject, quad.predicate, quad.object) for quad in quads)
    return opened


def ask(opened: Store, query: str) -> list[tuple[str, ...]]:
    answer = opened.query(PREFIXES + query)
    assert isinstance(answer, QuerySolutions)
    return sorted(tuple(term.value if term else "" for term in row) for row in answer)


def alone(quads: list[Quad], graph: str) -> Store:
    """The triples that a description counts, each once: those of one graph, or all but the description's."""
    wanted = (q for q in quads if q.graph_name.value == graph or (graph == WHOLE and q.graph_name.value != VOID_GRAPH))
    return store.in_memory(Quad(quad.subject, quad.predicate, quad.object) for quad in wanted)


def described(graph: str) -> str:
    return f"BIND(<{BASE}> AS ?it)" if graph == WHOLE else f"<{graph}> sd:graph ?it ."


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.removeprefix(BASE))
def test_the_numbers_of_a_graph_are_those_that_a_query_counts(graph: str, quads: list[Quad], opened: Store) -> None:
    names = ("triples", "properties", "distinctSubjects", "distinctObjects", "classes", "entities")
    columns, figures = " ".join(f"?{n}" for n in names), " ; ".join(f"void:{n} ?{n}" for n in names)
    said = ask(opened, f"SELECT {columns} {{ {described(graph)} ?it {figures} }}")
    held = alone(quads, graph)
    counts = "(COUNT(*) AS ?t) (COUNT(DISTINCT ?p) AS ?a) (COUNT(DISTINCT ?s) AS ?b) (COUNT(DISTINCT ?o) AS ?c)"
    (counted,) = ask(held, f"SELECT {counts} {{ ?s ?p ?o }}")
    ((classes,),) = ask(held, "SELECT (COUNT(DISTINCT ?c) AS ?n) { ?s a ?c FILTER(isIRI(?c)) }")
    ((entities,),) = ask(held, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o FILTER(isIRI(?s)) }")
    assert said == [(*counted, classes, entities)]


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.removeprefix(BASE))
def test_each_class_partition_counts_the_instances_of_its_class(graph: str, quads: list[Quad], opened: Store) -> None:
    said = ask(
        opened, f"SELECT ?c ?n {{ {described(graph)} ?it void:classPartition [ void:class ?c ; void:entities ?n ] }}"
    )
    counted = "SELECT ?c (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER(isIRI(?c)) } GROUP BY ?c"
    assert said and said == ask(alone(quads, graph), counted)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.removeprefix(BASE))
def test_each_property_partition_counts_its_triples(graph: str, quads: list[Quad], opened: Store) -> None:
    figures = "void:property ?p ; void:triples ?t ; void:distinctSubjects ?ss ; void:distinctObjects ?os"
    said = ask(opened, f"SELECT ?p ?t ?ss ?os {{ {described(graph)} ?it void:propertyPartition [ {figures} ] }}")
    counted = (
        "SELECT ?p (COUNT(*) AS ?t) (COUNT(DISTINCT ?s) AS ?ss) (COUNT(DISTINCT ?o) AS ?os) { ?s ?p ?o } GROUP BY ?p"
    )
    assert said and said == ask(alone(quads, graph), counted)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.removeprefix(BASE))
def test_each_property_within_a_class_counts_its_triples(graph: str, quads: list[Quad], opened: Store) -> None:
    figures = "void:property ?p ; void:triples ?t ; void:distinctSubjects ?ss ; void:distinctObjects ?os"
    parts = f"void:classPartition [ void:class ?c ; void:propertyPartition [ {figures} ] ]"
    said = ask(opened, f"SELECT ?c ?p ?t ?ss ?os {{ {described(graph)} ?it {parts} }}")
    counted = (
        "SELECT ?c ?p (COUNT(*) AS ?t) (COUNT(DISTINCT ?s) AS ?ss) (COUNT(DISTINCT ?o) AS ?os) "
        "{ ?s a ?c ; ?p ?o FILTER(isIRI(?c) && ?p != rdf:type) } GROUP BY ?c ?p"
    )
    assert said and said == ask(alone(quads, graph), counted)


@pytest.mark.parametrize("graph", GRAPHS, ids=lambda graph: graph.removeprefix(BASE))
def test_the_classes_and_datatypes_of_objects_are_counted(graph: str, quads: list[Quad], opened: Store) -> None:
    part = "?it void:classPartition [ void:class ?c ; void:propertyPartition ?part ] . ?part void:property ?p ."
    classes = "?part void:classPartition [ void:class ?k ; void:triples ?n ]"
    datatypes = "?part void-ext:datatypePartition [ void-ext:datatype ?k ; void:triples ?n ]"
    held = alone(quads, graph)
    triples = "?s a ?c ; ?p ?o . FILTER(isIRI(?c) && ?p != rdf:type)"
    said = ask(opened, f"SELECT ?c ?p ?k ?n {{ {described(graph)} {part} {classes} }}")
    assert said == ask(held, f"SELECT ?c ?p ?k (COUNT(*) AS ?n) {{ {triples} ?o a ?k }} GROUP BY ?c ?p ?k")
    said = ask(opened, f"SELECT ?c ?p ?k ?n {{ {described(graph)} {part} {datatypes} }}")
    counted = f"SELECT ?c ?p ?k (COUNT(*) AS ?n) {{ {triples} BIND(DATATYPE(?o) AS ?k) FILTER(BOUND(?k)) }}"
    assert said and said == ask(held, f"{counted} GROUP BY ?c ?p ?k")


def test_linksets_count_what_leads_from_a_class_to_a_class_of_another_graph(opened: Store) -> None:
    linkset = "?it void:linkPredicate ?p ; void:triples ?n ; void:subjectsTarget ?from ; void:objectsTarget ?to ."
    classes = "?graph sd:graph/void:classPartition ?from . ?from void:class ?c . ?to void:class ?d ."
    said = ask(opened, f"SELECT ?graph ?c ?p ?d ?n {{ {linkset} {classes} }}")
    counted = (
        "SELECT ?g ?c ?p ?d (COUNT(*) AS ?n) { SELECT DISTINCT ?g ?c ?s ?p ?o ?d { "
        "GRAPH ?g { ?s ?p ?o . ?s a ?c } GRAPH ?h { ?o a ?d } "
        f"FILTER(?g != ?h && ?p != rdf:type && <{VOID_GRAPH}> NOT IN (?g, ?h)) }} }} GROUP BY ?g ?c ?p ?d"
    )
    assert (GRAPH + "curated", expand("sg:Drug"), expand("sg:modality"), expand("skos:Concept"), "47") in said
    assert said == ask(opened, counted)


def test_linksets_count_the_mappings_to_each_other_vocabulary(quads: list[Quad], opened: Store) -> None:
    linkset = f"?it void:subjectsTarget <{BASE}> ; void:linkPredicate ?p ; void:triples ?n ; void:objectsTarget ?to ."
    said = ask(opened, f"SELECT ?p ?space ?n {{ {linkset} ?to void:uriSpace ?space }}")
    spaces = sorted((space for space in prefixes().values() if not space.startswith(BASE)), key=len, reverse=True)
    mapping = {expand(f"skos:{kind}Match") for kind in ("exact", "close", "broad", "narrow", "related")}
    mapping |= {expand("rdfs:subClassOf"), expand("rdfs:subPropertyOf")}
    counts: dict[tuple[str, str], int] = {}
    for quad in alone(quads, WHOLE):
        foreign = isinstance(quad.object, NamedNode) and not quad.object.value.startswith(BASE)
        space = next((space for space in spaces if foreign and quad.object.value.startswith(space)), None)
        if space and quad.predicate.value in mapping and quad.subject.value.startswith(BASE):
            counts[quad.predicate.value, space] = counts.get((quad.predicate.value, space), 0) + 1
    assert said == sorted((property_, space, str(count)) for (property_, space), count in counts.items())
    assert (expand("skos:exactMatch"), prefixes()["MONDO"], "57") in said


def test_the_description_counts_itself_and_the_default_graph(made: Release, opened: Store) -> None:
    said = ask(opened, f"SELECT ?n {{ <{VOID_GRAPH}> sd:graph/void:triples ?n }}")
    assert said == ask(opened, f"SELECT (COUNT(*) AS ?n) {{ GRAPH <{VOID_GRAPH}> {{ ?s ?p ?o }} }}")
    said = ask(opened, "SELECT ?n { ?service sd:defaultDataset/sd:defaultGraph/void:triples ?n }")
    assert said == ask(opened, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    assert said == [(str(made.manifest["default_graph"]),)]


def test_every_named_graph_is_described_and_the_manifest_knows_its_size(made: Release, opened: Store) -> None:
    counted = ask(opened, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    described = "?data sd:namedGraph ?g . ?g a sd:NamedGraph ; sd:name ?g ; rdfs:label ?label ; sd:graph ?node ."
    said = ask(opened, f"SELECT ?g ?n {{ {described} ?node a sd:Graph , void:Dataset ; void:triples ?n }}")
    assert said == counted == sorted((graph, str(size)) for graph, size in made.manifest["graphs"].items())
    assert {VOID_GRAPH, EXAMPLES_GRAPH, f"{GRAPH}release", f"{GRAPH}history"} <= made.manifest["graphs"].keys()


def test_every_vocabulary_of_a_class_or_property_is_named(opened: Store) -> None:
    said = [iri for (iri,) in ask(opened, f"SELECT ?v {{ <{BASE}> void:vocabulary ?v }}")]
    used = ask(opened, f"SELECT DISTINCT ?t {{ <{BASE}> ?part [ void:class|void:property ?t ] }}")
    assert len(used) > 200 and len(said) > 10
    assert [term for (term,) in used if not term.startswith(tuple(said))] == []


def test_the_classes_of_the_schema_are_found_as_the_sibs_language_model_tools_ask_for_them(opened: Store) -> None:
    branch = "?part void:class ?from ; void:entities ?many ; void:propertyPartition ?of . ?of void:property ?by ."
    kinds = "{ ?of void:classPartition [ void:class ?to ; void:triples ?n ] }"
    kinds += " UNION { ?of void-ext:datatypePartition [ void-ext:datatype ?type ] }"
    links = "?set void:subjectsTarget [ void:class ?from ; void:entities ?many ] ; void:linkPredicate ?by ;"
    links += " void:objectsTarget [ void:class ?to ; void:entities ?n ] ."
    query = f"SELECT DISTINCT ?from ?by ?to ?type {{ {{ {branch} OPTIONAL {{ {kinds} }} }} UNION {{ {links} }} }}"
    found = set(ask(opened, query))
    assert (expand("sg:Drug"), expand("sg:modality"), expand("skos:Concept"), "") in found
    assert (expand("sg:Approval"), expand("sg:approves"), expand("sg:Drug"), "") in found
    assert (expand("sg:Result"), expand("sg:value"), "", expand("xsd:decimal")) in found
    assert (expand("sg:Drug"), expand("skos:prefLabel"), "", expand("rdf:langString")) in found
    assert not [row for row in found if row[1] == expand("rdf:type")]


def test_the_classes_of_each_graph_are_found_as_the_sibs_editor_asks_for_them(opened: Store) -> None:
    graphs = "OPTIONAL { ?graph sd:graph ?node . OPTIONAL { ?graph rdfs:label ?name } ?node void:classPartition ?part }"
    branch = "?part void:class ?from ; void:propertyPartition ?of . ?of void:property ?by ."
    labels = "OPTIONAL { ?from rdfs:label ?label } OPTIONAL { ?of void:triples ?n }"
    kinds = "OPTIONAL { { ?of void:classPartition [ void:class ?to ] }"
    kinds += " UNION { ?of void-ext:datatypePartition [ void-ext:datatype ?type ] } }"
    started = time.monotonic()
    found = ask(opened, f"SELECT DISTINCT ?name ?from ?label ?by ?to ?type ?n {{ {graphs} {branch} {labels} {kinds} }}")
    assert time.monotonic() - started < 2
    approval, approves, drug = (expand(f"sg:{name}") for name in ("Approval", "approves", "Drug"))
    assert ("Curated facts", approval, "approval", approves, drug, "", "70") in found
    assert {name for name, *_ in found} > {"Ontology", "Concept schemes", "Shapes", "Curated facts", "Example queries"}


def test_the_dataset_says_its_version_licence_and_where_it_is_served(made: Release, opened: Store) -> None:
    (found,) = ask(
        opened,
        "SELECT ?it ?a ?b ?c ?issued ?licence ?space ?endpoint { ?it a void:Dataset , dcat:Dataset ; "
        "owl:versionInfo ?a ; pav:version ?b ; dcat:version ?c ; dcterms:issued ?issued ; dcterms:license ?licence ; "
        "void:uriSpace ?space ; void:sparqlEndpoint ?endpoint ; dcat:hasCurrentVersion/dcterms:isVersionOf ?it . "
        f"<{VOID_GRAPH}> a void:DatasetDescription ; foaf:primaryTopic ?it }}",
    )
    licence, created = "https://creativecommons.org/licenses/by/4.0/", made.manifest["created"]
    assert found == (BASE, made.version, made.version, made.version, created, licence, BASE, f"{BASE}sparql")


def test_each_distribution_is_a_document_that_is_served_or_the_endpoint(made: Release, opened: Store) -> None:
    rows = ask(
        opened,
        "SELECT ?of ?access ?type ?download ?service { ?of dcat:distribution ?it . ?it a dcat:Distribution ; "
        "dcat:accessURL ?access . OPTIONAL { ?it dcat:mediaType ?type ; dcat:downloadURL ?download } "
        "OPTIONAL { ?it dcat:accessService ?service . ?service a dcat:DataService ; dcat:servesDataset ?of } }",
    )
    media = "https://www.iana.org/assignments/media-types/"
    release, folder = f"{BASE}release/{made.version}", f"{BASE}dumps/{made.version}/"
    files = {row[3] for row in rows if row[0] == release}
    assert files == {folder + entry["name"] for entry in made.manifest["dumps"]}
    assert [row[1:] for row in rows if row[0] == BASE and row[1] == folder] == [
        (folder, f"{media}application/ld+json", f"{folder}sarcograph.jsonld.gz", ""),
        (folder, f"{media}application/n-quads", f"{folder}sarcograph.nq.gz", ""),
    ]
    rows = [row for row in rows if row[1] != folder]
    whole = [row[1:] for row in rows if row[0] == BASE]
    assert whole == [
        (f"{BASE}graphs", f"{media}application/n-quads", f"{BASE}graphs?format=nq", ""),
        (f"{BASE}graphs", f"{media}application/trig", f"{BASE}graphs?format=trig", ""),
        (f"{BASE}sparql", "", "", f"{BASE}sparql"),
    ]
    graphs = {access for of, access, *_ in rows if of != BASE}
    assert graphs == made.manifest["graphs"].keys()
    assert len(rows) == 3 + 4 * len(graphs)


def test_the_description_uses_only_terms_that_their_vocabularies_define(quads: list[Quad]) -> None:
    known = {prefixes()[prefix] + name for prefix, names in TERMS.items() for name in names.split()}
    description = [quad for quad in quads if quad.graph_name.value == VOID_GRAPH]
    used = {quad.predicate.value for quad in description}
    used |= {quad.object.value for quad in description if quad.predicate.value == expand("rdf:type")}
    assert used == known


def test_the_description_has_no_blank_node_and_no_dangling_one(quads: list[Quad]) -> None:
    description = [quad for quad in quads if quad.graph_name.value == VOID_GRAPH]
    nodes = {quad.subject.value for quad in description}
    assert not [
        quad for quad in description if isinstance(quad.subject, BlankNode) or isinstance(quad.object, BlankNode)
    ]
    own = {q.object.value for q in description if q.object.value.startswith(f"{VOID_GRAPH}#")}
    assert own <= nodes
    assert {node for node in nodes if node.startswith(f"{VOID_GRAPH}#")} - own == set()
    numbers = [q.object for q in description if isinstance(q.object, Literal) and q.object.datatype.value == INTEGER]
    assert len(numbers) > 3000 and min(int(number.value) for number in numbers) > 0


def world() -> Iterator[Quad]:
    """Two graphs that share one statement: a drug of two classes, a concept in the other graph, a part without name."""
    for graph, text in {
        "one": """
            :drug a :Drug , :Thing ; :name "a" , "b"@en ; :kind :concept , <urn:elsewhere> ; :part [ :name "a" ] .
            :concept :name "shared" .
        """,
        "two": """
            :concept a :Concept ; :name "shared" .
            :other a :Drug ; :name "b" .
        """,
    }.items():
        for triple in parse(f"@prefix : <{BASE}> . {text}", format=RdfFormat.TURTLE):
            yield Quad(triple.subject, triple.predicate, triple.object, NamedNode(GRAPH + graph))


def test_what_stands_in_two_graphs_counts_once_in_the_whole() -> None:
    held = Numbered(world())
    one, two, whole = held.figures(GRAPH + "one"), held.figures(GRAPH + "two"), held.figures_of_union()
    assert (one.triples, two.triples, whole.triples) == (9, 4, 12)
    assert (one.subjects, one.entities, whole.entities) == (3, 2, 3)
    assert one.classes == {f"{BASE}Drug": 1, f"{BASE}Thing": 1}
    assert whole.classes == {f"{BASE}Drug": 2, f"{BASE}Thing": 1, f"{BASE}Concept": 1}


def test_a_class_in_another_graph_makes_a_link_and_in_the_whole_a_class_of_objects() -> None:
    held = Numbered(world())
    one, whole = held.figures(GRAPH + "one"), held.figures_of_union()
    drug, kind, concept = (BASE + name for name in ("Drug", "kind", "Concept"))
    assert one.links == {(drug, kind, concept): 1, (f"{BASE}Thing", kind, concept): 1}
    assert one.within[drug][kind].classes == {} and one.within[drug][kind].triples == 2
    assert whole.within[drug][kind].classes == {concept: 1} and whole.links == {}
    name = whole.within[drug][f"{BASE}name"]
    assert (name.triples, name.subjects, name.objects) == (3, 2, 3)
    assert name.datatypes == {expand("xsd:string"): 2, expand("rdf:langString"): 1}
    assert whole.properties[f"{BASE}name"].triples == 5


def test_a_description_of_a_release_takes_a_fraction_of_its_build(made: Release, quads: list[Quad]) -> None:
    held = [quad for quad in quads if quad.graph_name.value != VOID_GRAPH]
    started = time.process_time()
    again = void.describe(held, made.manifest)
    assert time.process_time() - started < 1
    assert set(again.quads) == {quad for quad in quads if quad.graph_name.value == VOID_GRAPH}
    assert again.union == made.manifest["default_graph"]


def test_no_triple_stands_in_two_graphs_so_that_the_store_need_not_hold_the_union(made: Release) -> None:
    assert not store.holds_union(store.open_read_only(made.store_path))
