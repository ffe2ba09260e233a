"""Inputs that several prefectures use, decoded once for all of them."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from coverage_gis.sources import osm_kept
from coverage_gis.store.atomic import sync_folder
from coverage_gis.store.hashing import sha256_json
from coverage_gis.store.locks import locked
from pipelines.keys import code_hash, plain, versions

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from coverage_gis.settings import Settings

_CODE = ("sources", "network", "settings", "store", "schema.py", "crs.py")


def inode(path: Path) -> tuple[int, int]:
    """Return what is the same for hard links, as `fetch` makes them of a regional extract."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def kept_extract(path: Path, settings: Settings, shared: Path | None) -> Path | None:
    """Return the folder of a decoded extract, None where it has not been decoded as it is now."""
    if shared is None:
        return None
    folder = shared / _key(path, settings)
    return folder if folder.is_dir() else None


def keep_extract(path: Path, settings: Settings, shared: Path) -> Path:
    """Decode an extract unless that has been done; the folder appears whole or not at all."""
    folder = shared / _key(path, settings)
    with locked(folder, wait=True):
        if not folder.is_dir():
            scratch = shared / f".{folder.name}.tmp"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            osm_kept.keep(path, settings, scratch)
            scratch.rename(folder)
            sync_folder(shared)
    return folder


def forget_others(paths: Iterable[Path], settings: Settings, shared: Path) -> None:
    """Remove what was decoded of files that are no longer so."""
    if not shared.is_dir():
        return
    wanted = {_key(path, settings) for path in paths}
    for folder in shared.iterdir():
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def _key(path: Path, settings: Settings) -> str:
    """Return the name of an extract as it is now, read with these settings by this code."""
    stat = path.stat()
    return sha256_json(
        {
            "file": [*inode(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns],
            "settings": plain((settings.services, settings.network)),
            "code": code_hash(_CODE, "osm"),
            "libraries": versions(),
        }
    )[:16]
