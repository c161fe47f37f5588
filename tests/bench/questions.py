"""What is asked: a million generated triples and a mix of 15 queries, both made by ../shared/bench."""

from __future__ import annotations

import importlib.util
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parent.parent.parent
SHARED = ROOT.parent / "shared" / "bench"
TRIALS = 25_000  # the queries name trials up to this one; about 40 triples each
POINT = "q02_point"

_VARIANTS = 8  # of a query that names a thing: each is asked once before any is measured
_POINTS = 500  # different point queries when queries are counted by the second


@dataclass(frozen=True)
class Question:
    """A query in its variants. `graph` tells whether its answer is a graph; `plain` is the same as SELECT, for those
    that know no DESCRIBE."""

    name: str
    graph: bool
    texts: tuple[str, ...]
    plain: tuple[str, ...]


def generate(trials: int, folder: Path, python: str) -> Path:
    """The N-Triples file of so many trials, made once by the generator, which needs numpy in `python`."""
    path = folder / f"{trials}.nt"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / "draft"
        subprocess.run([python, str(SHARED / "gen.py"), str(trials), str(draft)], check=True, stdout=subprocess.DEVNULL)
        draft.with_suffix(".ttl").unlink()
        draft.with_suffix(".nt").rename(path)
    return path


def mix(trials: int) -> list[Question]:
    """The 15 queries. A query that names a trial names one that there is."""
    queries = _queries()
    return [_question(queries, name, trials, _VARIANTS) for name in (*queries.FAST, *queries.MED)]


def points(trials: int) -> Question:
    """Point queries for many trials."""
    return _question(_queries(), POINT, trials, _POINTS)


def _question(queries: ModuleType, name: str, trials: int, most: int) -> Question:
    kind, template = queries.Q[name]
    numbers = [0]
    if "{n}" in template or "{m}" in template:
        numbers = [number for number in range(TRIALS) if number * 7919 % TRIALS < trials][1 : most + 1]
    texts = tuple(queries.text(name, number) for number in numbers)
    plain = tuple(re.sub(r"DESCRIBE (<[^>]*>)", r"SELECT ?p ?o WHERE { \1 ?p ?o }", text) for text in texts)
    return Question(name, kind == "G", texts, plain)


def _queries() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_queries", SHARED / "queries.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
