"""curl and roqet, from a command line, get what they ask for."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from questions import DESCRIBE, DRUGS, SELECT, TRABECTEDIN, WRONG, YES

pytestmark = pytest.mark.clients

ROW = b"label\r\ntrabectedin\r\n"


def run(*command: str, given: bytes = b"") -> bytes:
    """What a command prints."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    ended = subprocess.run(command, input=given, capture_output=True, timeout=30, check=False)
    assert ended.returncode == 0, (ended.returncode, ended.stdout, ended.stderr)
    return ended.stdout


def curl(*arguments: str, given: bytes = b"") -> bytes:
    return run("curl", "--silent", "--show-error", "--max-time", "20", *arguments, given=given)


CSV = ("--header", "Accept: text/csv")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--data-urlencode", f"query={SELECT}"),
        ("--get", "--data-urlencode", f"query={SELECT}"),
        ("--header", "Content-Type: application/sparql-query", "--data-binary", SELECT),
        (
            "--header",
            "Content-Type: application/sparql-query",
            "--header",
            "Transfer-Encoding: chunked",
            "--data-binary",
            SELECT,
        ),
        ("--compressed", "--data-urlencode", f"query={SELECT}"),
        ("--http1.0", "--data-urlencode", f"query={SELECT}"),
        ("--http2", "--data-urlencode", f"query={SELECT}"),
        ("--location", "--get", "--data-urlencode", f"query={SELECT}"),
    ],
    ids=["form", "get", "direct", "chunked", "compressed", "http 1.0", "http 2", "location"],
)
def test_curl_asks_in_every_way(endpoint: str, arguments: tuple[str, ...]) -> None:
    assert curl(*CSV, *arguments, endpoint) == ROW


def test_curl_posts_a_file(endpoint: str, tmp_path: Path) -> None:
    file = tmp_path / "question.rq"
    file.write_text(SELECT, encoding="utf-8")
    assert curl(*CSV, "--data-urlencode", f"query@{file}", endpoint) == ROW
    assert (
        curl(*CSV, "--header", "Content-Type: application/sparql-query", "--data-binary", f"@{file}", endpoint) == ROW
    )
    assert (
        curl(
            *CSV,
            "--header",
            "Content-Type: application/sparql-query",
            "--data-binary",
            "@-",
            endpoint,
            given=SELECT.encode(),
        )
        == ROW
    )


def test_curl_posts_a_long_query_and_is_told_to_go_on(endpoint: str, tmp_path: Path) -> None:
    """Beyond a mebibyte curl asks first (Expect: 100-continue)."""
    file = tmp_path / "question.rq"
    file.write_text(SELECT + "\n#" + "x" * 1_500_000, encoding="utf-8")
    said = curl(*CSV, "--write-out", "%{time_total}", "--data-urlencode", f"query@{file}", endpoint)
    assert said.startswith(ROW) and float(said.removeprefix(ROW)) < 0.9


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_curl_gets_a_large_answer_compressed(endpoint: str, coding: str) -> None:
    query = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o LIMIT 5000"
    asked = ("--get", "--data-urlencode", f"query={query}", *CSV, endpoint)
    said = curl("--include", "--header", f"Accept-Encoding: {coding}", *asked)
    head, _, packed = said.partition(b"\r\n\r\n")
    assert f"content-encoding: {coding}" in head.decode().lower()
    plain = curl(*asked)
    assert len(packed) < len(plain) / 3
    assert curl("--compressed", *asked) == plain


def test_curl_asks_for_the_head_only(endpoint: str) -> None:
    said = curl("--head", *CSV, "--get", "--data-urlencode", f"query={SELECT}", endpoint).decode()
    assert said.startswith("HTTP/1.1 200") and "content-type: text/csv" in said.lower()
    assert f"content-length: {len(ROW)}" in said.lower() and not said.partition("\r\n\r\n")[2]


def test_curl_asks_what_is_allowed(endpoint: str) -> None:
    said = curl("--include", "--request", "OPTIONS", endpoint).decode()
    assert said.startswith("HTTP/1.1 204") and "GET" in said.lower().partition("allow: ")[2].upper()


@pytest.mark.parametrize(
    "media_type", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
def test_curl_chooses_a_format(endpoint: str, media_type: str) -> None:
    said = curl(
        "--header",
        f"Accept: {media_type}",
        "--write-out",
        "%{content_type}",
        "--data-urlencode",
        f"query={DESCRIBE}",
        endpoint,
    )
    assert media_type.encode() in said.splitlines()[-1] and b"trabectedin" in said


def test_curl_fails_where_it_should(endpoint: str) -> None:
    said = json.loads(curl("--fail-with-body", "--data-urlencode", f"query={YES}", endpoint))
    assert said["boolean"] is True
    assert (
        not shutil.which("curl")
        or subprocess.run(
            ["curl", "--silent", "--fail", "--data-urlencode", f"query={WRONG}", endpoint],
            capture_output=True,
            check=False,
        ).returncode
        == 22
    )


def test_curl_follows_a_thing_to_its_page(endpoint: str) -> None:
    site = endpoint.removesuffix("/sparql")
    said = curl(
        "--location", "--header", "Accept: text/html", "--write-out", "%{url_effective}", f"{site}/drug/trabectedin"
    )
    assert said.endswith(f"{site}/drug/trabectedin.html".encode())


def roqet(endpoint: str, query: str, form: str) -> str:
    return run("roqet", "-q", "-p", endpoint, "-e", query, "-r", form).decode()


@pytest.mark.parametrize("form", ["csv", "tsv", "xml", "simple"])
def test_roqet_finds_rows(endpoint: str, form: str) -> None:
    assert "trabectedin" in roqet(endpoint, SELECT, form)


def test_roqet_finds_all_drugs(endpoint: str) -> None:
    lines = roqet(endpoint, DRUGS, "csv").splitlines()
    assert TRABECTEDIN in lines and len(lines) > 40


def test_roqet_is_told_what_is_wrong(endpoint: str) -> None:
    run("roqet", "--version")
    command = ["roqet", "-q", "-p", endpoint, "-e", WRONG]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 1 and "HTTP status 400" in ended.stderr
