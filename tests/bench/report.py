"""What was measured, as a table for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.measuring import CLIENTS, Times, mean
from tests.bench.questions import POINT

OURS, CACHED, RAW, RAW_DISK = "sarcograph, no cache", "sarcograph", "pyoxigraph in memory", "pyoxigraph on disk"

# What the project wants: overhead on a point query in ms, point queries a second at 8 clients, share of the bulk load.
OVERHEAD, RATE, LOADING = 0.3, 4500.0, 0.9


@dataclass(frozen=True)
class Results:
    """All that one run measured. Times are seconds, memory bytes; `client` is what the client itself takes, against a
    server that does nothing."""

    triples: int
    times: Mapping[str, Mapping[str, Times]]
    rates: Mapping[str, Mapping[int, float]]
    memory: Mapping[str, int]
    loads: Mapping[str, float]
    loading: Mapping[str, Any]
    client: Mapping[str, float]
    absent: Mapping[str, str]
    disagreements: Sequence[str]
    machine: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """The contenders that ran."""
        return list(self.loads)

    def mean(self, name: str) -> float | None:
        """The geometric mean of a contender's medians, or None where it failed a query."""
        return mean([of_query[name].median for of_query in self.times.values()])

    def ratio(self, name: str) -> float | None:
        """A contender's mean over ours without the cache, on the queries that both answered."""
        both = [(q[name].median, q[OURS].median) for q in self.times.values() if name in q and OURS in q]
        both = [(theirs, ours) for theirs, ours in both if theirs is not None and ours is not None]
        over, under = mean([theirs for theirs, _ in both]), mean([ours for _, ours in both])
        return over / under if over and under else None


def as_json(results: Results) -> dict[str, Any]:
    """Everything, with each repeat."""
    return {
        "triples": results.triples,
        "machine": dict(results.machine),
        "seconds": {
            query: {name: times.failure or times.seconds for name, times in of_query.items()}
            for query, of_query in results.times.items()
        },
        "answers_per_second": results.rates,
        "memory_bytes": dict(results.memory),
        "load_seconds": dict(results.loads),
        "loading_seconds": dict(results.loading),
        "client_seconds": dict(results.client),
        "geometric_mean_seconds": {name: results.mean(name) for name in results.names},
        "ratio_to_ours": {name: results.ratio(name) for name in results.names},
        "absent": dict(results.absent),
        "disagreements": list(results.disagreements),
        "targets": [{"target": target, "found": found, "met": met} for target, found, met in targets(results)],
    }


def as_markdown(results: Results) -> str:
    """The tables."""
    parts = [
        f"# The endpoint beside its peers: {results.triples:,} triples",
        "All were asked in turn, in one run, each over one connection that stays open, or in its own process.",
        *_summary(results),
        "## Targets",
        "\n".join(f"- {'met' if met else 'NOT met'}: {target}: {found}" for target, found, met in targets(results)),
        "## Median (p50) of each query, ms",
        _by_query(results, lambda times: times.median),
        "## 99th percentile (p99) of each query, ms",
        _by_query(results, lambda times: times.quantile(0.99)),
        "## The machine",
        "\n".join(f"- {name}: {said}" for name, said in results.machine.items()),
        "\n".join(f"- {name} was left out: {why}" for name, why in results.absent.items()),
        "\n".join(f"- answers differ: {sentence}" for sentence in results.disagreements),
        "\n".join(f"- failed: {sentence}" for sentence in _failures(results)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(results: Results) -> Iterator[str]:
    head = [
        "",
        "geometric mean, ms",
        "times ours",
        *(f"point queries/s, {n} client{'s' if n > 1 else ''}" for n in CLIENTS),
    ]
    rows = [[*head, "peak memory, MB", "load or start, s"]]
    for name in results.names:
        rates = results.rates.get(name, {})
        memory = results.memory.get(name)
        rows.append(
            [
                name,
                _ms(results.mean(name)),
                f"{ratio:.2f}" if (ratio := results.ratio(name)) else "–",
                *(f"{rates[n]:,.0f}" if n in rates else "–" for n in CLIENTS),
                f"{memory / 2**20:,.0f}" if memory else "–",
                f"{results.loads[name]:.1f}",
            ]
        )
    yield _table(rows)
    client = results.client
    yield (
        f"The client itself, against a server that does nothing: {_ms(client['median'])} ms a request, "
        + ", ".join(f"{client[f'rate_{n}']:,.0f} requests/s with {n}" for n in CLIENTS)
        + ". A mean is only given where all queries were answered; *times ours* compares those that both answered."
    )
    loading = results.loading
    yield (
        f"Loading: {loading['ours']:.1f} s for a whole release (processor {loading['ours_cpu']:.1f} s; lenient "
        f"{loading['ours_lenient']:.1f} s), {loading['raw']:.1f} s for the engine's bulk load (processor "
        f"{loading['raw_cpu']:.1f} s); its optimize() would add {loading['optimize']:.2f} s."
    )


def targets(results: Results) -> list[tuple[str, str, bool]]:
    """Each target, what was found, and whether that meets it; targets that need an absent contender are not there."""
    told = []
    point = results.times.get(POINT, {})
    ours, raw = (point[name].median if name in point else None for name in (OURS, RAW))
    if ours and raw:
        over = (ours - raw) * 1000
        told.append(
            (f"a point query takes at most {OVERHEAD} ms more than in the engine", f"{over:.2f} ms", over <= OVERHEAD)
        )
    rate = results.rates.get(OURS, {}).get(8)
    if rate:
        told.append((f"at least {RATE:,.0f} point queries/s to 8 clients, no cache", f"{rate:,.0f}/s", rate >= RATE))
    for name in results.names:
        if name not in (OURS, CACHED, RAW, RAW_DISK) and (ratio := results.ratio(name)):
            told.append((f"a lower geometric mean than {name}, no cache", f"1 to {ratio:.2f}", ratio > 1))
    share = results.loading["raw"] / results.loading["ours"]
    told.append((f"loading at {LOADING:.0%} of the engine's speed", f"{share:.0%}", share >= LOADING))
    return told


def _by_query(results: Results, of: Callable[[Times], float | None]) -> str:
    rows = [["query", *results.names]]
    for query, of_query in results.times.items():
        rows.append([query, *(_ms(of(of_query[name])) for name in results.names)])
    return _table(rows)


def _failures(results: Results) -> Iterator[str]:
    for query, of_query in results.times.items():
        for name, times in of_query.items():
            if times.failure and name in results.names:
                yield f"{name}, {query}: {times.failure}"


def _ms(seconds: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds * 1000:.3g}" if seconds < 1 else f"{seconds * 1000:,.0f}"


def _table(rows: Sequence[Sequence[str]]) -> str:
    head, *others = rows
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, rule, *others))
