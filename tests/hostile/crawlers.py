"""Many crawlers of one server, in a process of their own: each asks for page after page, no two for one.

    python crawlers.py ADDRESS PORT SECONDS CRAWLERS

prints, as JSON, how many answers had which status, and how many seconds each page took at the median.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
import time
import urllib.request
from collections import Counter
from itertools import count
from statistics import median


def pages(address: str) -> list[str]:
    """The paths of all pages of entities, from the sitemap."""
    with urllib.request.urlopen(f"http://{address}/sitemap-1.xml", timeout=30) as answer:
        found = re.findall(r"<loc>http://[^/]*(/[^<]*\.html)</loc>", answer.read().decode())
    return [found[number * 37 % len(found)] for number in range(len(found))]  # 37 is prime: kinds are mixed


async def crawl(
    host: str, port: int, targets: list[str], numbers: count[int], answers: Counter[int], taken: list[float]
) -> None:
    """One crawler, until it is cancelled."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        while True:
            target = targets[next(numbers) % len(targets)]
            begun = time.monotonic()
            writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: text/html\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
            assert length, head
            await reader.readexactly(int(length[1]))
            answers[int(head.split()[1])] += 1
            taken.append(time.monotonic() - begun)
    finally:
        writer.close()


async def crawl_all(host: str, port: int, seconds: float, crawlers: int) -> tuple[Counter[int], list[float]]:
    """All crawlers, for so many seconds."""
    targets, numbers = pages(f"{host}:{port}"), count()
    answers: Counter[int] = Counter()
    taken: list[float] = []
    tasks = [asyncio.create_task(crawl(host, port, targets, numbers, answers, taken)) for _ in range(crawlers)]
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(asyncio.gather(*tasks), seconds)
    return answers, taken


if __name__ == "__main__":
    statuses, times = asyncio.run(crawl_all(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])))
    print(json.dumps({"statuses": statuses, "median": median(times) if times else None}))
