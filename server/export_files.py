"""A static export on disk: the names that its files may have, the draft in which it is written, how it takes its place.

Whoever reads the folder sees the old export until the new one is whole, and after that the new one. A folder that holds
anything that no export wrote is never touched.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from loader.errors import ExportError

MARKER = ".sarcograph-export.json"  # says that a folder is an export, and lists what was written
_LONGEST = 240  # characters of a name: file systems take 255 bytes
_PLAIN = re.compile(r"[A-Za-z0-9._~@!$&'()+,;=-]+")
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)  # names that Windows keeps
_HERE, _EXCHANGE = -100, 2  # AT_FDCWD, RENAME_EXCHANGE (renameat2(2))


def is_safe(name: str) -> bool:
    """Whether every ordinary file system takes a relative path, and takes it for what it says."""
    return all(
        _PLAIN.fullmatch(part) and not part.endswith(".") and len(part) <= _LONGEST and not _DEVICE.fullmatch(part)
        for part in name.split("/")
    )


def require_ours(folder: Path) -> None:
    """Raise ExportError where a folder is there and holds anything that no export has written."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise ExportError(f"{folder} is a file. Name a folder that is not there yet, or an earlier export.")
    if not any(folder.iterdir()):
        return
    written = _written(folder)
    found = (
        os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/")
        for place, _, names in os.walk(folder)
        for name in names
    )
    foreign = next((name for name in found if name != MARKER and name not in written), None)
    if foreign:
        raise ExportError(f"{folder} holds {foreign}, which no export wrote and which would be lost. Move it away.")


def _written(folder: Path) -> frozenset[str]:
    """The files that an export says it wrote into a folder. Raises ExportError where it is no export."""
    try:
        said = json.loads((folder / MARKER).read_text(encoding="utf-8"))
        return frozenset(said["files"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(
            f"{folder} is no export: it has no {MARKER} that can be read. It is left as it is; name another folder."
        ) from error


class Draft:
    """An export that is being written, beside the folder that it is to be; `publish` puts it there, else it goes.

    Files get the time of the release, `time` in seconds since 1970, so that two exports of one release are the same.
    """

    def __init__(self, folder: Path, time: float) -> None:
        self.folder = folder.resolve()
        self.path = self.folder.parent / f".{self.folder.name}.draft-{os.getpid()}"
        self.files: dict[str, int] = {}
        self._time = time
        self._folded: set[str] = set()

    def __enter__(self) -> Draft:
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
            self._sweep()
            require_ours(self.folder)
            self.path.mkdir()
        except OSError as error:
            raise self._unwritable(error) from error
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)

    def _unwritable(self, error: OSError) -> ExportError:
        return ExportError(f"{self.folder} cannot be written ({error.strerror}). Name a folder of yours with room.")

    def _sweep(self) -> None:
        """Put right what exports that were killed have left."""
        for path in self.folder.parent.glob(f".{self.folder.name}.previous-*"):
            if not self.folder.exists():
                path.rename(self.folder)
            shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.parent.glob(f".{self.folder.name}.draft-*"):
            if not _is_alive(path.name.rpartition("-")[2]):
                shutil.rmtree(path, ignore_errors=True)

    def write(self, name: str, data: bytes) -> bool:
        """Write a file; False where its name is none for a file, or is taken on a file system that ignores case."""
        place = self._place(name)
        if place is None:
            return False
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            os.utime(place, (self._time, self._time))
        except OSError as error:
            raise self._unwritable(error) from error
        self.files[name] = len(data)
        return True

    def copy(self, name: str, source: Path) -> bool:
        """Take a copy of a file, not a second name for it: who changes it changes no release. False as `write`."""
        place = self._place(name)
        if place is None:
            return False
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, place)
        except OSError as error:
            raise self._unwritable(error) from error
        self.files[name] = source.stat().st_size
        return True

    def _place(self, name: str) -> Path | None:
        folded = name.casefold()
        if not is_safe(name) or folded in self._folded or len(name) > 4 * _LONGEST:
            return None
        self._folded.add(folded)
        return self.path / name

    def publish(self, said: Mapping[str, Any]) -> None:
        """Write the marker, which says what is `said` and lists the files; put the export in its place."""
        marker = json.dumps({**said, "files": sorted(self.files)}, indent=0, ensure_ascii=False)
        require_ours(self.folder)
        try:
            (self.path / MARKER).write_text(marker + "\n", encoding="utf-8")
            if self.folder.exists():
                _exchange(self.path, self.folder)  # the earlier export goes with the draft
            else:
                self.path.rename(self.folder)
        except OSError as error:
            raise self._unwritable(error) from error


def _exchange(new: Path, old: Path) -> None:
    """Have two folders change places: in one step, or where the system has none in two that `_sweep` puts right."""
    with suppress(AttributeError):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.renameat2(_HERE, os.fsencode(new), _HERE, os.fsencode(old), _EXCHANGE) == 0:
            return
    previous = old.parent / f".{old.name}.previous-{os.getpid()}"
    old.rename(previous)
    try:
        new.rename(old)
    except OSError:
        previous.rename(old)
        raise
    shutil.rmtree(previous, ignore_errors=True)


def _is_alive(writer: str) -> bool:
    """Whether a process of that id runs."""
    if not writer.isdecimal():
        return False
    try:
        os.kill(int(writer), 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it runs, and is somebody else's
        return True
    return True
