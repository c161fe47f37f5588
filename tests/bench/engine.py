"""An engine asked in its own process, without HTTP: pyoxigraph as it is, in memory or on disk.

Reads one JSON object a line from standard input, and answers a line of JSON, followed by the bytes of an answer. The
time that it tells runs from the query's text to the answer's bytes, serialized.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Answering = Callable[[str, bool], bytes]


def main() -> None:
    """Arguments: `memory` or `disk`, the N-Triples file, the folder of the store on disk."""
    from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store

    place, data, folder = sys.argv[1:]
    begin = time.perf_counter()
    fresh = place == "memory" or not Path(folder).exists()
    store = Store() if place == "memory" else Store(folder)
    if fresh:
        store.bulk_load(path=data, format=RdfFormat.N_TRIPLES)
    if place == "disk":
        store.flush()

    def answer(text: str, graph: bool) -> bytes:
        found: Any = store.query(text)
        form = QueryResultsFormat.JSON if isinstance(found, QuerySolutions) else RdfFormat.N_TRIPLES
        serialized: bytes = found.serialize(format=form)
        return serialized

    run(answer, time.perf_counter() - begin)


def run(answer: Answering, load: float) -> None:
    """Say how long loading took, then do what each line asks until there are no more."""
    out = sys.stdout.buffer
    _say(out, {"load": load})
    for line in sys.stdin:
        asked = json.loads(line)
        if "clients" in asked:
            _say(out, {"rate": _rate(answer, asked["texts"], asked["clients"], asked["seconds"])})
            continue
        begin = time.perf_counter()
        body = answer(asked["text"], asked["graph"])
        _say(out, {"seconds": time.perf_counter() - begin, "size": len(body)}, body)


def _say(out: Any, told: dict[str, Any], body: bytes = b"") -> None:
    out.write(json.dumps(told).encode() + b"\n" + body)
    out.flush()


def _rate(answer: Answering, texts: list[str], clients: int, seconds: float) -> float:
    """Answers a second of so many threads."""
    counts = [0] * clients
    begin = time.perf_counter()

    def ask(number: int) -> None:
        while time.perf_counter() < begin + seconds:
            answer(texts[(number * 61 + counts[number]) % len(texts)], False)
            counts[number] += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - begin)


if __name__ == "__main__":
    main()
