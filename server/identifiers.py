"""Identifiers as people paste them, and how they may be read: in which registers, as which IRI of ours, as a name.

`MONDO:0005058`, `mondo_0005058`, `https://identifiers.org/mondo:0005058` and the OBO address of the same are read
alike. What the registers are called elsewhere, and at which addresses, is in ontology/identifiers.tsv (matches, which
are IRIs) and ontology/numbers.tsv (numbers that the facts hold as text).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote, urlsplit

from loader.errors import RequestError
from loader.kinds import KINDS
from loader.namespaces import BASE, PROJECT, expand
from loader.places import facts
from server.negotiation import SUFFIXES

LONGEST = 1000  # characters of an identifier
EXAMPLES = ("NCT01343277", "PMID:12181401", "MONDO:0005058", "CHEMBL477772", "trabectedin")

_RESOLVERS = ("identifiers.org/", "bioregistry.io/reference/", "bioregistry.io/", "n2t.net/")
_SCHEME = re.compile(r"https?://", re.I)
_START = re.compile(r"(?:https?://)?(?:www\.)?", re.I)
_NOT_FOLDED = re.compile(r"[^a-z0-9]+")
_SEPARATORS = re.compile(r"[\s:#=/_-]")
_LONGEST_PREFIX = 40  # characters
_DIGITS = 9  # of a number that was written without its leading zeros
_SUFFIX = re.compile(rf"\.(?:{'|'.join(SUFFIXES)})\Z", re.I)
_SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"
_THING = re.compile(rf"(?:^|/)((?:{'|'.join(KINDS)})/{_SLUG}|concept/{_SLUG}/{_SLUG})\Z", re.I)
_TOPIC = re.compile(r"(?:^|/)(ontology|shapes|prefixes|graph/.+|release/[^/]+|\.well-known/.+)\Z")
_OURS = {"sg": "ontology#", "shapes": "shapes#"}


@dataclass(frozen=True)
class Register:
    """A register of identifiers. Those that lead to IRIs have a `namespace`, those that facts hold as text a
    property (`property_iri`). `synonyms` are other names of it, folded; `addresses` begin the URLs of its pages."""

    prefix: str
    what: str
    pattern: re.Pattern[str]
    example: str
    synonyms: Sequence[str]
    addresses: Sequence[str]
    namespace: str = ""
    property_iri: str = ""

    @property
    def is_telling(self) -> bool:
        """Whether an identifier can be told from a common word by its form."""
        return not self.pattern.fullmatch("word")

    def forms(self, local: str, names: Sequence[str] = ()) -> list[str]:
        """The identifiers of this register that a text may mean, where it stands after one of the `names` of the
        register: `477772` after `chembl` is CHEMBL477772. What needs the least added is taken."""
        written = re.sub(r"\s+", "", local).strip("/.,;")
        before, sign, bare = written.rpartition(next(iter(re.findall(r"[:_=#]", written)), ":"))
        named = [_folded(before)] if sign else list(names)
        if sign and not set(named) <= set(self.synonyms):
            return [written] if self.pattern.fullmatch(written) else []
        for guesses in (written,), (bare,), *_composed(bare, named), *_composed(bare, self.synonyms if names else ()):
            found = [each for each in guesses if self.pattern.fullmatch(each)]
            if found:
                return found
        return []


def _composed(bare: str, names: Sequence[str]) -> Iterator[list[str]]:
    """A name and a number as one, with or without a sign between them, and with ever more zeros before the number."""
    widths = range(len(bare), _DIGITS + 1) if bare.isdecimal() else (0,)
    for number in (bare.zfill(width) for width in widths if names):
        yield [*(f"{name.upper()}{sign}{number}" for name in names for sign in ("", "_", "-")), number]


@dataclass(frozen=True)
class Reading:
    """One way to read a text. `register` is the prefix of a register, or one of OWN, NAME, ADDRESS; `local` is what
    is looked up there, as it was written."""

    register: str
    local: str

    @property
    def key(self) -> str:
        """What an index finds it by."""
        return key(self.register, self.local)

    def __str__(self) -> str:
        words = {OWN: "{} of this graph", NAME: "the name {!r}", ADDRESS: "the address {}"}
        return words.get(self.register, f"{self.register}:{{}}").format(self.local[:80])


OWN, NAME, ADDRESS = "own", "name", "address"


def key(register: str, local: str) -> str:
    """What an index finds an identifier by: letters of either case are the same, but not in IRIs of ours."""
    return f"{register} {local if register == OWN else ' '.join(local.split()).casefold()}"


@cache
def registers() -> tuple[Register, ...]:
    """All registers, as the two tables list them."""
    found = []
    for name in ("identifiers.tsv", "numbers.tsv"):
        with (facts().ontology / name).open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
                found.append(_register(row))
    return tuple(found)


def _register(row: dict[str, str]) -> Register:
    return Register(
        prefix=row["prefix"],
        what=row["what"],
        pattern=re.compile(row["pattern"], re.I),
        example=row["example"],
        synonyms=(_folded(row["prefix"]), *row["synonyms"].split()),
        addresses=tuple(_without_scheme(each) for each in row["addresses"].split()),
        namespace=row.get("namespace", ""),
        property_iri=expand(row["property"]) if "property" in row else "",
    )


@cache
def _by_name() -> dict[str, list[Register]]:
    found: dict[str, list[Register]] = {}
    for register in registers():
        for name in register.synonyms:
            found.setdefault(name, []).append(register)
    return found


@cache
def _spaces() -> tuple[tuple[str, Register], ...]:
    """How addresses begin, the longest first, and the register that each leads to."""
    found = [
        (start.casefold(), register)
        for register in registers()
        for start in (*register.addresses, *((_without_scheme(register.namespace),) if register.namespace else ()))
    ]
    return tuple(sorted(found, key=lambda pair: -len(pair[0])))


def _folded(text: str) -> str:
    return _NOT_FOLDED.sub("", text.casefold())


def _without_scheme(iri: str) -> str:
    return _START.sub("", iri, count=1)


def plain(text: str) -> str:
    """An identifier without what surrounded it where it was copied from. Raises RequestError for what is none."""
    cleaned = " ".join(unicodedata.normalize("NFKC", text).split()).strip("<>\"'")
    if not cleaned:
        raise RequestError(f"id is empty; expected an identifier, such as {', '.join(EXAMPLES)}.")
    if max(len(text), len(cleaned)) > LONGEST:
        raise RequestError(f"id has {len(cleaned)} characters; an identifier has at most {LONGEST}.")
    if not cleaned.isprintable():
        raise RequestError("id holds a character that no identifier has; send its letters, digits and signs alone.")
    return cleaned


def readings(text: str) -> tuple[Reading, ...]:
    """The ways to read an identifier, which `plain` has cleaned: the likeliest first, each once."""
    labelled = list(_labelled(text))
    found = [*_own(text), *_elsewhere(text), *labelled]
    if not _SCHEME.match(text):
        if not labelled:
            found += [Reading(each.prefix, text) for each in registers() if each.pattern.fullmatch(text)]
        found.append(Reading(NAME, text))
    return tuple({reading.key: reading for reading in found}.values())


def _own(text: str) -> Iterator[Reading]:
    """As an IRI of ours, of a mirror, or as a path: below any host, since the path alone says what is meant."""
    prefix, _, local = text.partition(":")
    if prefix.lower() in (*_OURS, *KINDS) and local:
        yield Reading(OWN, f"{_OURS.get(prefix.lower(), f'{prefix.lower()}/')}{local}")
    address, _, fragment = text.partition("#")
    for base in (BASE, PROJECT):
        address = address.removeprefix(base)
    if "://" in address:
        address = urlsplit(address).path if _is_url(address) else ""
    path = _SUFFIX.sub("", unquote(address).partition("?")[0].strip("/"))
    for pattern in (_THING, _TOPIC):
        found = pattern.search(path)
        if found:
            name = found[1].lower() if pattern is _THING else found[1]
            yield Reading(OWN, f"{name}#{fragment}" if fragment else name)
            return


def _is_url(text: str) -> bool:
    try:
        return bool(_SCHEME.match(text) and urlsplit(text).netloc)
    except ValueError:
        return False


def _elsewhere(text: str, within: bool = False) -> Iterator[Reading]:
    """As an address: of a register, of a service that resolves what follows it, or as it stands. `within` says that it
    was found in another identifier: then nothing is looked for in it in turn."""
    if not _SCHEME.match(text) and "/" not in text:
        return
    address = unquote(_without_scheme(text))
    folded = address.casefold()
    for start, register in _spaces():
        if folded.startswith(start):
            local = re.split(r"[?#&]", address[len(start) :])[0]
            whole, names = register.forms(local, register.synonyms), register.synonyms
            forms = whole or register.forms(local.partition("/")[0], names)  # a page may have parts of its own
            yield from (Reading(register.prefix, form) for form in forms)
    for start in _RESOLVERS:
        if folded.startswith(start):
            yield from _labelled(address[len(start) :], within)
            break
    if _SCHEME.match(text):
        yield Reading(ADDRESS, _without_scheme(text))


def _labelled(text: str, within: bool = False) -> Iterator[Reading]:
    """As the name of a register and an identifier: `MONDO:0005058`, `pmid 123`, `ICD-O-3 8890/3`."""
    signs = _SEPARATORS.finditer(text[:_LONGEST_PREFIX])
    parts = ((_folded(text[: sign.start()]), text[sign.end() :].lstrip(" :#=")) for sign in signs)
    for name, local in dict.fromkeys(parts):
        named = _by_name().get(name, ()) if local else ()
        for register in named:
            forms = register.forms(local, (name,))
            yield from (Reading(register.prefix, form) for form in forms)
            if register.namespace and not (forms or within):  # `obo:NCIT_C3158`: its IRI is one of another register
                yield from _elsewhere(register.namespace + local, within=True)
        if named and not within and _SCHEME.match(local):
            yield from _elsewhere(local, within=True)


def reading_of(iri: str) -> Reading:
    """How an index files an IRI that a match leads to."""
    address = _without_scheme(iri)
    for start, register in _spaces():
        if address.casefold().startswith(start) and register.pattern.fullmatch(address[len(start) :]):
            return Reading(register.prefix, address[len(start) :])
    return Reading(ADDRESS, address)


def reading_of_number(property_: str, value: str) -> Reading | None:
    """How an index files a number that a property (its IRI) holds as text; None where no register has its form."""
    for register in registers():
        if register.property_iri == property_ and register.pattern.fullmatch(value):
            return Reading(register.prefix, value)
    return None
