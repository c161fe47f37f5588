"""`make bench`: load the same data into each contender, ask all of them in turn, write what came out.

python -m tests.bench                            everything, about 20 minutes
python -m tests.bench --trials 2500              a tenth of the data
python -m tests.bench --contenders raw,ours      pyoxigraph and this server only
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from loader import bulk
from tests.bench import client, contenders, machine, measuring, memory, plot, questions, report
from tests.bench.contenders import Running, Site, Way
from tests.bench.measuring import CLIENTS, Field, Times
from tests.bench.questions import POINT, ROOT, Question
from tests.bench.report import Results

GROUPS = ("raw", "ours", "rdflib-endpoint", "maplib", "virtuoso")
LOCK = ROOT / "requirements-bench.lock"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run it; the exit status is 1 where answers differ or this server failed a query."""
    options = _options(arguments)
    if not questions.SHARED.is_dir():
        print(f"{questions.SHARED} is absent: there is nothing to generate the data and the queries with.")
        return 1
    options.folder.mkdir(parents=True, exist_ok=True)
    numpy = importlib.util.find_spec("numpy") is not None
    needs_peers = not numpy or {"rdflib-endpoint", "maplib"} & set(options.contenders)
    peers = peers_python(options.folder) if needs_peers else None
    data = questions.generate(options.trials, options.folder.resolve() / "data", peers or sys.executable)
    with tempfile.TemporaryDirectory(dir=options.folder.resolve()) as folder:
        results = measure(options, data, Path(folder), peers)
    name = f"{options.trials}-trials"
    (options.folder / f"{name}.json").write_text(json.dumps(report.as_json(results), indent=1) + "\n", encoding="utf-8")
    (options.folder / f"{name}.md").write_text(report.as_markdown(results), encoding="utf-8")
    (options.folder / f"{name}.svg").write_text(plot.svg(results), encoding="utf-8")
    print(report.as_markdown(results))
    print(f"Written to {options.folder / name}.md, .json and .svg")
    ours = [
        times.failure
        for of in results.times.values()
        for who, times in of.items()
        if who in (report.OURS, report.CACHED)
    ]
    return int(bool(results.disagreements or any(ours)))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--trials", type=int, default=questions.TRIALS, help="about 40 triples each (default %(default)s)"
    )
    parser.add_argument("--contenders", type=lambda text: text.split(","), default=list(GROUPS), help=", ".join(GROUPS))
    parser.add_argument("--repeats", type=int, default=20, help="turns of each query (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=6, help="for each query and contender (default %(default)s)")
    parser.add_argument("--rate-seconds", type=float, default=2, help="of counting answers (default %(default)s)")
    parser.add_argument("--deadline", type=float, default=60, help="of a query, in seconds (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="of measuring the loading (default %(default)s)")
    parser.add_argument("--folder", type=Path, default=ROOT / ".bench", help="for data, peers and results")
    return parser.parse_args(arguments)


def peers_python(folder: Path) -> str | None:
    """The Python of an environment of the peers' own, made where it is not there or its list has changed."""
    place, ready = folder.resolve() / "venv", folder / "venv" / "ready"
    if not ready.is_file() or ready.read_bytes() != LOCK.read_bytes():
        say("installing the peers …")
        pip = [str(place / "bin/pip"), "install", "-qq", "--disable-pip-version-check", "--require-hashes"]
        try:
            subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
            subprocess.run([*pip, "-r", str(LOCK)], check=True)
        except subprocess.CalledProcessError as error:
            say(f"the peers cannot be installed: {error}")
            return None
        shutil.copy(LOCK, ready)
    return str(place / "bin/python")


def measure(options: argparse.Namespace, data: Path, folder: Path, peers: str | None) -> Results:
    """Start all, measure, stop all."""
    about: dict[str, object] = {**machine.about(peers), "load average before": machine.load()}
    say("loading …")
    loading = _in_python("tests.bench.loading", str(data), str(folder), str(options.rounds))
    triples = bulk.load([data], folder / "home").manifest["triples"]
    site = Site(folder, data, folder / "home", peers, options.deadline)
    mix = questions.mix(options.trials)
    with Field(starts(options.contenders, site), say) as field:
        times = measuring.latencies(field, mix, options.repeats, options.seconds)
        about["load average after the mix"] = machine.load()
        say("counting answers by the second …")
        points = questions.points(options.trials)
        rates = measuring.rates(field, points, options.rate_seconds)
        client_itself = own_cost(points, options)
        held = {name: peak(field, name, mix, times, points) for name in list(field.running)}
        loads = {name: running.load for name, running in field.running.items()}
    about["load average after all"] = machine.load()
    wrong = measuring.disagreements(times)
    return Results(triples, times, rates, held, loads, loading, client_itself, field.absent, wrong, about)


def starts(groups: Sequence[str], site: Site) -> dict[str, Callable[[], Running]]:
    """How to start the contenders of some groups, by name."""
    by_group: dict[str, dict[str, Callable[[], Running]]] = {
        "raw": {
            report.RAW: partial(contenders.raw, "memory", site),
            report.RAW_DISK: partial(contenders.raw, "disk", site),
        },
        "ours": {
            report.OURS: partial(contenders.sarcograph, site, SARCOGRAPH_CACHE="0"),
            report.CACHED: partial(contenders.sarcograph, site),
        },
        "rdflib-endpoint": {"rdflib-endpoint": partial(contenders.peer, "rdflib-endpoint", Way(site.deadline), site)},
        "maplib": {
            "maplib in process": partial(contenders.maplib, site),
            "maplib, http.server": partial(contenders.peer, "maplib-http", Way(site.deadline, plain=True), site),
        },
        "virtuoso": {"Virtuoso": partial(contenders.virtuoso_server, site)},
    }
    return {name: start for group in groups for name, start in by_group[group].items()}


def own_cost(points: Question, options: argparse.Namespace) -> dict[str, float]:
    """What the client takes itself: seconds of a request, and requests a second, to a server that does nothing."""
    command = [sys.executable, "-m", "tests.bench.responder"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert process.stdout
        with process.stdout as told:
            address = ("127.0.0.1", int(told.readline()))
        requests = [client.request(address, text, client.SELECT_TYPE) for text in points.texts]
        connection = client.Connection(address, options.deadline)
        times = [connection.ask(requests[number % len(requests)])[0] for number in range(1000)]
        connection.close()
        rates = {f"rate_{n}": client.rate(address, requests, n, options.rate_seconds) for n in CLIENTS}
    finally:
        process.kill()
        process.wait()
    return {"median": statistics.median(times), **rates}


def peak(field: Field, name: str, mix: Sequence[Question], times: dict[str, dict[str, Times]], points: Question) -> int:
    """The most bytes that a contender holds while it answers each query once more and then 8 clients: the watching
    would disturb the measuring of times."""
    with memory.Peak(field.running[name].pid) as watched:
        for question in mix:
            if not times[question.name][name].failure:
                field.ask(name, question, 0, Times())
        if not times[POINT][name].failure and name in field.running:
            field.running[name].rate(points, 8, 0.5)
    return watched.bytes


def _in_python(module: str, *arguments: str) -> dict[str, float]:
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=os.environ)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def say(sentence: str) -> None:
    """Tell how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
