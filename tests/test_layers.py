"""Who may import whom, and how large things may be."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = sorted(p for folder in ("loader", "server") for p in (ROOT / folder).rglob("*.py"))
IDS = [str(path.relative_to(ROOT)) for path in CODE]

LOADER_MAY_IMPORT = {"arro3", "click", "loader", "pyoxigraph", "pyshacl", "rdflib"}


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("path", [p for p in CODE if p.is_relative_to(ROOT / "loader")], ids=str)
def test_the_loader_imports_only_its_own_libraries(path: Path) -> None:
    import sys

    foreign = set(imported(path)) - LOADER_MAY_IMPORT - set(sys.stdlib_module_names)
    assert not foreign


def test_one_module_alone_imports_pyshacl() -> None:
    assert [name for name, path in zip(IDS, CODE, strict=True) if "pyshacl" in imported(path)] == [
        "loader/validation.py"
    ]


def test_one_module_alone_writes_parquet() -> None:
    assert [name for name, path in zip(IDS, CODE, strict=True) if "arro3" in imported(path)] == [
        "loader/dumps/parquet.py"
    ]


def test_one_module_alone_opens_a_store() -> None:
    names = {"Store"}
    opening = [
        name
        for name, path in zip(IDS, CODE, strict=True)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func).partition(".")[0] in names
    ]
    assert set(opening) == {"loader/store.py"}


def test_http_status_codes_live_at_the_edge_only() -> None:
    assert not [name for name in IDS if name.startswith("loader/") and "HTTPStatus" in (ROOT / name).read_text()]


@pytest.mark.parametrize("path", CODE, ids=IDS)
def test_modules_and_functions_stay_within_their_budget(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= 50, node.name


@pytest.mark.parametrize("path", CODE, ids=IDS)
def test_no_turtle_and_no_sparql_stand_inside_python(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {id(n.body[0].value) for n in ast.walk(tree) if isinstance(n, documented) and _documented(n)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            assert "@prefix " not in node.value or len(node.value) < 60
            assert not ("SELECT" in node.value and "{" in node.value)


def _documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return bool(node.body) and isinstance(node.body[0], ast.Expr)


@pytest.mark.parametrize("path", CODE, ids=IDS)
def test_no_exception_is_caught_broadly(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None and ast.unparse(node.type) not in ("Exception", "BaseException")


def test_no_python_stands_in_the_folders_of_facts() -> None:
    assert not [p for folder in ("ontology", "shapes", "data") for p in (ROOT / folder).rglob("*.py")]


def test_queries_and_templates_stay_short() -> None:
    queries = [*(ROOT / "server/queries").rglob("*.rq"), *(ROOT / "shapes/checks").glob("*.rq")]
    assert not [str(path) for path in queries if path.read_text(encoding="utf-8").count("\n") > 60]
    templates = (ROOT / "server/templates").rglob("*.html")
    assert not [str(path) for path in templates if path.read_text(encoding="utf-8").count("\n") > 80]


def test_each_folder_has_a_short_readme() -> None:
    for folder in ("ontology", "shapes", "data", "loader", "server", "tests"):
        readme = ROOT / folder / "README.md"
        assert readme.is_file() and readme.read_text(encoding="utf-8").count("\n") <= 40, folder
