"""The medians as a picture: a line for each query and for the mean, a dot for each contender, time logarithmic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from xml.sax.saxutils import escape

from tests.bench.report import Results

# Eight colours that the colour-blind can tell apart (Okabe and Ito).
_COLOURS = ("#000000", "#999999", "#d55e00", "#e69f00", "#0072b2", "#56b4e9", "#009e73", "#cc79a7")
_LEFT, _RIGHT, _TOP, _STEP, _RADIUS = 150, 900, 90, 28, 6


def svg(results: Results) -> str:
    """A picture in SVG."""
    lines = [("geometric mean", {name: results.mean(name) for name in results.names})]
    for query, of_query in results.times.items():
        lines.append((query, {name: of_query[name].median for name in results.names}))
    known = [seconds for _, of in lines for seconds in of.values() if seconds]
    low, high = math.floor(math.log10(min(known))), math.ceil(math.log10(max(known)))
    height = _TOP + _STEP * (len(lines) + 1)

    def at(seconds: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (math.log10(seconds) - low) / max(1, high - low)

    parts = [*_legend(results.names), *_axis(low, high, at(10**low), at(10**high), height)]
    for number, (title, of) in enumerate(lines):
        y = _TOP + _STEP * (number + 1)
        weight = "bold" if not number else "normal"
        parts.append(f'<text x="{_LEFT - 12}" y="{y + 4}" text-anchor="end" font-weight="{weight}">{title}</text>')
        parts.append(f'<line x1="{_LEFT}" x2="{_RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        for name, colour in zip(results.names, _COLOURS * 2, strict=False):
            if seconds := of[name]:
                parts.append(
                    f'<circle cx="{at(seconds):.1f}" cy="{y}" r="{_RADIUS}" fill="{colour}" fill-opacity="0.8">'
                    f"<title>{escape(name)}, {title}: {seconds * 1000:.3g} ms</title></circle>"
                )
    size = f'width="{_RIGHT + 40}" height="{height + 20}"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="white"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _legend(names: list[str]) -> Iterator[str]:
    for number, (name, colour) in enumerate(zip(names, _COLOURS * 2, strict=False)):
        x, y = 20 + 230 * (number % 4), 20 + 20 * (number // 4)
        yield f'<circle cx="{x}" cy="{y}" r="{_RADIUS}" fill="{colour}"/>'
        yield f'<text x="{x + 12}" y="{y + 4}">{escape(name)}</text>'


def _axis(low: int, high: int, left: float, right: float, height: int) -> Iterator[str]:
    for power in range(low, high + 1):
        x = left + (right - left) * (power - low) / max(1, high - low)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{_TOP - 6}" text-anchor="middle">{10 ** (power + 3):g} ms</text>'
