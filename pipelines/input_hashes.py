"""sha256 of input files, remembered by size and times of change."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from coverage_gis.store.atomic import replacing
from coverage_gis.store.hashing import sha256_file, sha256_json
from pipelines.stage import source_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from coverage_gis.sources.inventory import Found

Known = dict[str, list[Any]]
"""Absolute path -> size, times of modification and of change in nanoseconds, sha256."""


class InputHashes:
    """Hashes of one run's inputs.

    Parameters
    ----------
    path
        File that remembers them.
    raw
        The run's folder of input data.
    known
        Hashes that another process has taken in this run.
    """

    def __init__(self, path: Path, raw: Path, known: Mapping[str, Sequence[Any]]) -> None:
        self._path = path
        self._raw = raw
        self._changed = False
        try:
            self._known: Known = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self._known = {}
        self._known |= {name: list(value) for name, value in known.items()}

    def of(self, found: Found) -> tuple[str, str]:
        """Return the path below the raw folder and the sha256 of all files it stands for."""
        hashes = [self._file(p) for p in files_of(found.path)]
        together = hashes[0] if len(hashes) == 1 else sha256_json(hashes)
        return source_path(found, self._raw), together

    def _file(self, path: Path) -> str:
        name, stamp = _stamped(path)
        known = self._known.get(name)
        if known is None or known[:-1] != stamp:
            known = [*stamp, sha256_file(path)]
            self._known[name] = known
            self._changed = True
        return str(known[-1])

    def save(self) -> None:
        """Remember what is new."""
        if self._changed:
            with replacing(self._path) as path:
                path.write_text(json.dumps(self._known, indent=1), encoding="utf-8")
            self._changed = False


def hashed(paths: Sequence[Path], remembered: Mapping[str, Sequence[Any]]) -> Known:
    """Return the entries of one file under its names, hashed unless remembered as it is now."""
    name, stamp = _stamped(paths[0])
    known = list(remembered.get(name, ()))
    entry = known if known[:-1] == stamp else [*stamp, sha256_file(paths[0])]
    return {_stamped(path)[0]: entry for path in paths}


def _stamped(path: Path) -> tuple[str, list[int]]:
    stat = path.stat()
    # With the inode's own time of change (ctime) a file that was replaced by one of the same size,
    # its time of modification kept or set back, is read anew.
    return str(path.resolve()), [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def files_of(path: Path) -> list[Path]:
    """Return the files that make one input: a folder's, a shapefile's parts, or itself."""
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.is_file())
    if path.suffix.lower() == ".shp":
        return sorted(p for p in path.parent.iterdir() if p.stem == path.stem and p.is_file())
    return [path]
