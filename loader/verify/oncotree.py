"""OncoTree, the classification of cancers by Memorial Sloan Kettering, as its programming interface gives the tree.

Source: https://oncotree.info/api/tumorTypes/tree.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from loader.errors import SourceFileError

_LARGEST = 50_000_000  # bytes; that of 2025 has 250 thousand
_EXPECTED = "OncoTree's tree as JSON: an object whose TISSUE holds children with code and externalReferences"


def read(path: Path) -> dict[str, set[str]]:
    """Each code of the tree and the NCI Thesaurus codes that OncoTree gives it. Raises SourceFileError."""
    if path.stat().st_size > _LARGEST:
        raise SourceFileError(path, f"it is larger than {_LARGEST} bytes", _EXPECTED)
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise SourceFileError(path, f"it is not JSON ({error})", _EXPECTED) from error
    if not isinstance(content, dict) or "TISSUE" not in content:
        raise SourceFileError(path, "it holds no TISSUE", _EXPECTED)
    codes: dict[str, set[str]] = {}
    waiting = [content["TISSUE"]]
    while waiting:
        node = waiting.pop()
        code, references, children = _parts(path, node)
        codes[code] = {str(each) for each in references.get("NCI", ())}
        waiting += children.values()
    return codes


def _parts(path: Path, node: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Code, references and children of one node, each of the kind that it should be."""
    fields = node if isinstance(node, dict) else {}
    code, references, children = fields.get("code"), fields.get("externalReferences"), fields.get("children")
    references, children = references or {}, children or {}
    if not (isinstance(code, str) and isinstance(references, dict) and isinstance(children, dict)):
        raise SourceFileError(path, f"a node is {str(node)[:60]!r}", _EXPECTED)
    if not isinstance(references.get("NCI", []), list):
        raise SourceFileError(path, f"the NCI codes of {code} are no list", _EXPECTED)
    return code, references, children
