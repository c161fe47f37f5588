"""Where things are: the folders of facts, and the home of the releases."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from loader.errors import SettingError

NAMESPACE = "SARCOGRAPH_NAMESPACE"  # the variable that says what all IRIs of ours begin with

_PACKAGE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Facts:
    """The three folders of facts below one root: a checkout, or the copy inside an installed wheel.

    `data_folder` takes the place of the root's own data/.
    """

    root: Path
    data_folder: Path | None = None

    @property
    def ontology(self) -> Path:
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        return self.root / "shapes"

    @property
    def data(self) -> Path:
        return self.data_folder or self.root / "data"


def facts(root: Path | None = None, data: Path | None = None) -> Facts:
    """The facts below `root`; without one, those of this checkout or of the installed package.

    `data` is another data folder to take. Raises SettingError where a folder is not there.
    """
    if root is None:
        installed = _PACKAGE / "facts"
        root = installed if installed.is_dir() else _PACKAGE.parent
    for name in ("ontology", "shapes", "data"):
        if not (root / name).is_dir():
            raise SettingError("the folder of facts", str(root), f"a folder that holds {name}/")
    if data is not None and not ((data / "curated").is_dir() or (data / "sources").is_dir()):
        raise SettingError("the folder of data", str(data), "a folder that holds curated/ or sources/")
    return Facts(root, data)


def home() -> Path:
    """The folder of the releases: SARCOGRAPH_HOME, or `.sarcograph` in the current folder."""
    return Path(os.environ.get("SARCOGRAPH_HOME") or ".sarcograph").absolute()
