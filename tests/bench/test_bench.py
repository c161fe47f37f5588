"""The bench itself, on very little data: pyoxigraph and this server, every line of its tables."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ["pyoxigraph in memory", "pyoxigraph on disk", "sarcograph, no cache", "sarcograph"]
QUERIES = 15


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that a run over 100 trials wrote its results to."""
    if not (ROOT.parent / "shared" / "bench").is_dir():
        pytest.skip("the generator of the data and the queries are not in this checkout")
    if importlib.util.find_spec("numpy") is None:
        pytest.skip("numpy is absent, which the generator of the data needs")
    folder = tmp_path_factory.mktemp("bench")
    little = ["--trials", "100", "--contenders", "raw,ours", "--repeats", "2", "--rate-seconds", "0.1", "--rounds", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench", *little, "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def told(results: Path) -> Any:
    """What the run wrote for programs."""
    return json.loads((results / "100-trials.json").read_text(encoding="utf-8"))


def test_every_contender_is_measured_on_every_query(told: Any) -> None:
    assert len(told["seconds"]) == QUERIES
    for of_query in told["seconds"].values():
        assert list(of_query) == NAMES
        assert all(isinstance(seconds, list) and min(seconds) > 0 for seconds in of_query.values())


def test_means_rates_and_memory_are_told_of_every_contender(told: Any) -> None:
    for key in ("geometric_mean_seconds", "ratio_to_ours", "memory_bytes", "load_seconds"):
        assert list(told[key]) == NAMES and min(told[key].values()) > 0, key
    assert all(min(rates[clients] for clients in ("1", "8")) > 0 for rates in told["answers_per_second"].values())


def test_all_contenders_give_the_same_answers(told: Any) -> None:
    assert told["disagreements"] == []


def test_the_tables_have_a_row_for_each_contender_and_each_query(results: Path) -> None:
    lines = (results / "100-trials.md").read_text(encoding="utf-8").splitlines()
    firsts = [line.split("|")[1].strip() for line in lines if line.startswith("|")]
    assert [firsts.count(name) for name in NAMES] == [1] * len(NAMES)
    assert sum(first.startswith("q") and first != "query" for first in firsts) == 2 * QUERIES


def test_the_targets_say_whether_they_are_met(told: Any) -> None:
    said = [each["target"] for each in told["targets"]]
    assert len(said) == 3 and all(isinstance(each["met"], bool) for each in told["targets"])


def test_the_plot_has_a_dot_for_each_contender_in_each_line(results: Path) -> None:
    assert (results / "100-trials.svg").read_text(encoding="utf-8").count("<title>") == len(NAMES) * (QUERIES + 1)
