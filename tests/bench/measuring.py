"""The measuring: every contender asked the same in turn, so that whatever else the machine does hits them all."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from pyoxigraph import NamedNode, RdfFormat, parse

from tests.bench.contenders import RefusedError, Running
from tests.bench.questions import Question

Start = Callable[[], Running]
Word = Callable[[str], None]

CLIENTS = (1, 8)
_ROUNDS = 3  # of counting by the second

# A turn: so many questions at once, but no more once they took so many seconds. The first of them finds the processor's
# caches full of what the others did.
_TURN, _TURN_SECONDS = 10, 0.05

_SUBJECT = re.compile(r"(?:DESCRIBE|WHERE \{) <([^>]*)>")


@dataclass
class Times:
    """What one contender took for one query: seconds of each repeat; or why there is none (`failure`).

    `shapes` tells of each variant how large the answer was: rows, or the number itself where it is a single count.
    """

    seconds: list[float] = field(default_factory=list)
    failure: str = ""
    shapes: dict[int, str] = field(default_factory=dict)

    def quantile(self, share: float) -> float | None:
        """The time, in seconds, that this share of the repeats stayed within: the nearest rank."""
        if self.failure or not self.seconds:
            return None
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]

    @property
    def median(self) -> float | None:
        """The median in seconds."""
        return statistics.median(self.seconds) if self.seconds and not self.failure else None


@dataclass
class Field:
    """The contenders that run, by name; one that hangs is started anew, one that cannot be is out."""

    starts: Mapping[str, Start]
    say: Word
    running: dict[str, Running] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Field:
        with ExitStack() as stop:
            stop.callback(self.__exit__)
            for name in self.starts:
                self._start(name)
            stop.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.running.values():
            each.stop()

    def _start(self, name: str) -> None:
        try:
            self.running[name] = self.starts[name]()
        except (OSError, RuntimeError) as error:
            self.absent[name] = str(error)
            self.say(f"{name} is left out: {error}")
        else:
            self.say(f"{name} is up, {self.running[name].load:.1f} s")

    def restart(self, name: str) -> None:
        """Start one anew, which may still be at a query that nobody waits for."""
        self.running.pop(name).stop()
        self._start(name)

    def ask(self, name: str, question: Question, variant: int, times: Times) -> None:
        """Ask one contender once and note what came; one that has failed is not asked again."""
        if name not in self.running or times.failure:
            return
        try:
            seconds, body = self.running[name].ask(question, variant)
            shape = shape_of(question, variant, body)
        except TimeoutError:
            times.failure = "deadline"
        except (RefusedError, OSError, ValueError, SyntaxError) as error:
            times.failure = str(error)[:200] or type(error).__name__
        else:
            times.seconds.append(seconds)
            times.shapes[variant % len(question.texts)] = shape
            return
        self.say(f"{name} failed {question.name}: {times.failure}")
        self.restart(name)


def shape_of(question: Question, variant: int, body: bytes) -> str:
    """How large an answer is: its rows, `=` and the number where it is one count, the triples about what was named."""
    if question.graph and not body.lstrip().startswith(b"{"):
        subject = _SUBJECT.search(question.texts[variant % len(question.texts)])
        assert subject
        about = NamedNode(subject[1])
        # rdflib-endpoint describes in RDF/XML, whatever it is asked for.
        form = RdfFormat.RDF_XML if body.startswith(b"<?xml") else RdfFormat.N_TRIPLES
        return str(sum(quad.subject == about for quad in parse(body, form)))
    rows = json.loads(body)["results"]["bindings"]
    if len(rows) == 1 and len(rows[0]) == 1 and "n" in rows[0]:
        return f"={int(float(rows[0]['n']['value']))}"
    return str(len(rows))


def latencies(
    contenders: Field, questions: Sequence[Question], repeats: int, seconds: float
) -> dict[str, dict[str, Times]]:
    """The times of each query and contender: of at most `repeats` turns, and no more once they took `seconds`.

    Each variant is asked once before, which is not counted unless that takes all of the time there is.
    """
    found = {question.name: {name: Times() for name in contenders.starts} for question in questions}
    for question in questions:
        contenders.say(f"{question.name} …")
        of_query = found[question.name]
        _warm(contenders, question, of_query, seconds)
        for repeat in range(repeats):
            for name in _rotated(list(of_query), repeat):
                if sum(of_query[name].seconds) < seconds:
                    _turn(contenders, name, question, repeat, of_query[name])
    return found


def _turn(contenders: Field, name: str, question: Question, repeat: int, times: Times) -> None:
    begin = time.perf_counter()
    for number in range(_TURN):
        contenders.ask(name, question, repeat * _TURN + number, times)
        if time.perf_counter() > begin + _TURN_SECONDS:
            return


def _warm(contenders: Field, question: Question, of_query: Mapping[str, Times], seconds: float) -> None:
    for variant in range(max(2, len(question.texts))):
        for name, times in of_query.items():
            if sum(times.seconds) < seconds / 2:
                contenders.ask(name, question, variant, times)
    for times in of_query.values():
        if sum(times.seconds) < seconds / 2:
            times.seconds.clear()


def _rotated(names: list[str], by: int) -> Iterator[str]:
    by %= len(names)
    yield from names[by:]
    yield from names[:by]


def disagreements(found: Mapping[str, Mapping[str, Times]]) -> list[str]:
    """Sentences on queries that the contenders answered differently; the answer of most of them counts as right."""
    said = []
    for query, of_query in found.items():
        variants = {variant for times in of_query.values() for variant in times.shapes}
        for variant in sorted(variants):
            shapes = {name: times.shapes[variant] for name, times in of_query.items() if variant in times.shapes}
            right = Counter(shapes.values()).most_common(1)[0][0]
            said += [
                f"{query}: {name} gave {shape}, others {right}" for name, shape in shapes.items() if shape != right
            ]
    return list(dict.fromkeys(said))


def rates(contenders: Field, question: Question, seconds: float) -> dict[str, dict[int, float]]:
    """Answers a second to 1 and to 8 clients: the median of three rounds."""
    rounds: dict[str, dict[int, list[float]]] = {name: {each: [] for each in CLIENTS} for name in contenders.running}
    for number in range(_ROUNDS):
        for name in _rotated(list(rounds), number):
            for clients in CLIENTS:
                try:
                    rounds[name][clients].append(contenders.running[name].rate(question, clients, seconds))
                except (RefusedError, OSError) as error:
                    contenders.say(f"{name} failed with {clients} clients: {error}")
            time.sleep(0.1)
    return {
        name: {clients: statistics.median(counts) for clients, counts in of_name.items() if counts}
        for name, of_name in rounds.items()
    }


def mean(times: Sequence[float | None]) -> float | None:
    """The geometric mean; None where a time is missing."""
    known = [each for each in times if each is not None]
    return statistics.geometric_mean(known) if known and len(known) == len(times) else None
