"""Requests gone wrong: a good request, and then its line, headers, body, query, parameters or path changed."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from urllib.parse import quote

import query_mutants
from pieces import pieces, texts

Headers = tuple[tuple[bytes, bytes], ...]
FORM, QUERY = b"application/x-www-form-urlencoded", b"application/sparql-query"


@dataclass(frozen=True)
class Mutant:
    """A request as bytes to be. `waits`: the server may rightly wait for more of it. `names` are its mutations."""

    method: bytes = b"GET"
    target: bytes = b"/sparql"
    version: bytes = b"HTTP/1.1"
    headers: Headers = ((b"Host", b"127.0.0.1"),)
    body: bytes = b""
    waits: bool = False
    names: tuple[str, ...] = field(default=())
    broken: bytes = b""

    @property
    def data(self) -> bytes:
        """What goes over the wire: `broken` where a mutation has made bytes of it."""
        if self.broken:
            return self.broken
        head = b"".join(name + b": " + value + b"\r\n" for name, value in self.headers)
        return self.method + b" " + self.target + b" " + self.version + b"\r\n" + head + b"\r\n" + self.body

    def headed(self, name: bytes, value: bytes) -> Mutant:
        """With one more header."""
        return replace(self, headers=(*self.headers, (name, value)))

    def without(self, name: bytes) -> Mutant:
        """Without a header."""
        return replace(self, headers=tuple(each for each in self.headers if each[0].lower() != name.lower()))


def mutant(random: Random, family: str, queries: Sequence[str]) -> Mutant:
    """A request with one mutation of a family, and now and then one of another."""
    made = good(random, queries)
    others = [random.choice(tuple(FAMILIES))] if random.random() < 0.2 else []
    for each in (*others, family):
        change = random.choice(FAMILIES[each])
        made = change(random, made, queries)
        made = replace(made, names=(*made.names, change.__name__))
    return made.headed(b"Connection", b"close") if random.random() < 0.5 else made


def good(random: Random, queries: Sequence[str]) -> Mutant:
    """A request that deserves an answer."""
    return asking(random, random.choice(queries) if random.random() < 0.5 else "ASK { ?s ?p ?o }")


def asking(random: Random, query: str, parameters: bytes = b"") -> Mutant:
    """A request for a query in one of the protocol's three ways."""
    text, accept = query.encode("utf-8", "surrogatepass"), random.choice((*pieces("types"), *(b"*/*",) * 20))
    made = Mutant().headed(b"Accept", accept)
    way = random.choice(("get", "form", "direct")) if len(text) < 80_000 else random.choice(("form", "direct"))
    if way == "get":
        return replace(made, target=b"/sparql?query=" + quote(text).encode() + parameters)
    if way == "form":
        return posted(made, FORM, b"query=" + quote(text).encode() + parameters)
    return posted(replace(made, target=b"/sparql?" + parameters), QUERY, text)


def posted(made: Mutant, content_type: bytes, body: bytes) -> Mutant:
    """The request as a POST with a body."""
    made = replace(made, method=b"POST", body=body).without(b"Content-Length").without(b"Content-Type")
    return made.headed(b"Content-Type", content_type).headed(b"Content-Length", str(len(body)).encode())


def _change_bytes(random: Random, data: bytes, most: int) -> bytes:
    """Some bytes are changed, left out or put in."""
    changed = bytearray(data or b" ")
    for _ in range(random.randint(1, most)):
        place = random.randrange(len(changed))
        changed[place : place + random.choice((0, 1, 1, 1, 4))] = random.choice(
            (random.randbytes(1), random.choice(pieces("bytes")), b"")
        )
        changed = changed or bytearray(b" ")
    return bytes(changed)


# The request line


def break_line(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Bytes of the first line are changed."""
    line = made.method + b" " + made.target[:300] + b" " + made.version
    broken = _change_bytes(random, line, 4)
    return replace(made, broken=broken + made.data.partition(b"\r\n")[1] + made.data.partition(b"\r\n")[2], waits=True)


def odd_method(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A method that is not served, or is none."""
    chosen = random.choice((*pieces("methods"), b"", b"X" * 100, b"X" * 10_000))
    return replace(made, method=chosen, waits=True)


def odd_version(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A version that is none, or no version."""
    return replace(made, version=random.choice((*pieces("versions"), b"")), waits=True)


def odd_target(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A target that is absolute, of another authority, an asterisk, very long, or no path."""
    long = (b"/sparql?" + b"a" * 300_000, b"/" + b"a/" * 5000, b"/sparql?" + b"a=b&" * 3000)
    return replace(made, target=random.choice((*pieces("targets"), *pieces("targets"), *long, b"")))


# Headers


def break_headers(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Bytes of the headers are changed."""
    line, _, rest = made.data.partition(b"\r\n")
    head, end, body = rest.partition(b"\r\n\r\n")
    return replace(made, broken=line + b"\r\n" + _change_bytes(random, head, 5) + end + body, waits=True)


def odd_header(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """One more header: folded, nameless, double, with bytes that headers cannot have, or of odd meaning."""
    name, _, value = random.choice(pieces("headers")).partition(b": ")
    return replace(made.headed(name, value), waits=True)


def long_header(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """One more header, of absurd length, or very many."""
    name, _, value = random.choice(pieces("long-headers")).partition(b": ")
    filling = random.choice(pieces("long-units")) * random.choice((1000, 8000, 20_000, 100_000))
    if random.random() < 0.2:
        return replace(made, headers=made.headers * random.choice((20, 300, 5000)), waits=True)
    return replace(made.headed(name.replace(b"#", filling), value.replace(b"#", filling)), waits=True)


def odd_length(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A Content-Length that is wrong, double, or no number."""
    made = posted(made, QUERY, made.body or b"ASK {}").without(b"Content-Length")
    near = (b"%d" % (len(made.body) + 7), b"%d" % (len(made.body) - 3), b"")
    made = made.headed(b"Content-Length", random.choice((*pieces("lengths"), *near)))
    return replace(made.headed(b"Content-Length", b"6") if random.random() < 0.3 else made, waits=True)


def odd_transfer(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Chunks that are none, or beside a length, or in a coding that nobody knows."""
    body = made.body[:5000] or b"ASK {}"
    size = b"%x" % len(body)
    sizes = (*pieces("chunk-sizes"), size + b";x=" + b"y" * 9000, b"0" * 9000 + size, *(size,) * 9)
    ends = (
        b"\r\n0\r\n\r\n",
        b"0\r\n\r\n",
        b"\r\n0\r\nX: y\r\n\r\n",
        b"",
        b"\n0\n\n",
        b"\r\n0\r\n" + b"X: y\r\n" * 9000,
    )
    chunked = random.choice(sizes) + b"\r\n" + body + random.choice(ends)
    made = posted(made, QUERY, body)
    made = made if random.random() < 0.3 else made.without(b"Content-Length")
    made = made.headed(b"Transfer-Encoding", random.choice(pieces("codings")))
    return replace(made, body=chunked, waits=True)


# Encodings and bodies


def odd_encoding(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A query in an encoding that it does not state, or states and does not have."""
    query = random.choice(queries) + "# \u00e9\U0001f9ec"
    encoded = [query.encode(name, "replace") for name in ("utf-16", "utf-32", "latin-1", "utf-7", "utf-8-sig")]
    packed = [gzip.compress(query.encode()), zlib.compress(query.encode()), b"\x1f\x8b" + random.randbytes(200)]
    body = random.choice((*encoded, *packed, _change_bytes(random, query.encode(), 9), random.randbytes(3000)))
    made = posted(made, random.choice((QUERY, FORM)) + random.choice((*pieces("charsets"), b"")), body)
    if random.random() < 0.4:
        made = made.headed(b"Content-Encoding", random.choice((b"gzip", b"deflate", b"br", b"gzip, gzip", b"x")))
    return made


def odd_percents(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Percent signs that encode nothing, or what is not UTF-8, or the same thing twice."""
    data = bytearray(made.target if made.method == b"GET" else made.body)
    for _ in range(random.randint(1, 6)):
        place = random.randint(data.find(b"=") + 1, len(data))
        data[place:place] = random.choice(pieces("percents"))
    return replace(made, target=bytes(data)) if made.method == b"GET" else posted(made, FORM, bytes(data))


def odd_body(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """No body, another one, one of another type, or one on a method that has none."""
    long = (b"\x00" * 5000, b"&" * 20_000, b"=&" * 3000, b"a=b&" * 1001, b"[" * 100_000, b"a" * 600_000)
    body = random.choice((*pieces("bodies"), *long, random.randbytes(10_000), b""))
    content_type = random.choice((*pieces("content-types"), b"", b"a" * 3000, QUERY + b";a" * 9000))
    made = posted(made, content_type, body)
    return replace(
        made, method=random.choice((b"POST", b"POST", b"POST", b"GET", b"HEAD", b"PUT", b"OPTIONS", b"DELETE"))
    )


def cut_body(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Less body than announced, or more."""
    made = posted(made, QUERY, random.choice(queries).encode())
    if random.random() < 0.5:
        return replace(made, body=made.body[: random.randrange(len(made.body))], waits=True)
    return replace(
        made, body=made.body + random.choice((b"x", b"\r\n", made.data[:400], random.randbytes(3000))), waits=True
    )


def cut_request(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Only the beginning of a request."""
    whole = made.data
    return replace(made, broken=whole[: random.randrange(1, len(whole))], waits=True)


# Queries, parameters, paths


def odd_query(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """A query gone wrong."""
    return asking(random, query_mutants.mutant(random, queries))


def odd_accept(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """An Accept header gone wrong."""
    ranges = (
        random.choice(pieces("types")) + random.choice((*pieces("weights"), b""))
        for _ in range(random.choice((1, 2, 5, 400)))
    )
    value = b",".join(ranges)
    if random.random() < 0.4:
        value = _change_bytes(random, value, 6).replace(b"\r", b"").replace(b"\n", b"")
    return made.without(b"Accept").headed(b"Accept", value)


def odd_parameter(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Beside the query a parameter that means nothing, or is given twice, or is too much."""
    given = b""
    for _ in range(random.choice((1, 1, 2, 30))):
        value = random.choice((*texts("parameter-values"), "", "a" * 5000, "json," * 3000))
        quoted = quote(value, safe=random.choice(("%/:", "/:"))).encode()
        given += b"&" + random.choice(pieces("parameters")) + random.choice((b"=", b"=", b"=", b"[]=", b"")) + quoted
    return asking(random, random.choice(queries), given)


def odd_path(random: Random, made: Mutant, queries: Sequence[str]) -> Mutant:
    """Any path there is, and paths beside it."""
    path = random.choice(pieces("paths"))
    if random.random() < 0.7:
        path += random.choice((*pieces("path-endings"), b"?" + b"a=b&" * 2000, b"/" + b"a" * 3000))
    method = random.choice((b"GET", b"GET", b"GET", b"HEAD", b"OPTIONS", b"POST", b"PUT", b"DELETE", b"PATCH"))
    bare = made.without(b"Content-Length").without(b"Content-Type").without(b"Transfer-Encoding")
    return replace(bare, target=path, method=method, body=b"")


Change = Callable[[Random, Mutant, Sequence[str]], Mutant]
FAMILIES: Mapping[str, Sequence[Change]] = {
    "line": (break_line, odd_method, odd_version, odd_target),
    "headers": (break_headers, odd_header, odd_header, long_header, odd_length, odd_transfer),
    "encodings": (odd_encoding, odd_percents),
    "bodies": (odd_body, odd_body, odd_body, odd_body, cut_body, cut_request),
    "queries": (odd_query,),
    "accept": (odd_accept,),
    "parameters": (odd_parameter,),
    "paths": (odd_path,),
}
