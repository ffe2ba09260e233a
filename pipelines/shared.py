"""Inputs that several prefectures use, decoded once for all of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from coverage_gis.sources import osm_kept
from coverage_gis.sources.kept import KEEPERS
from coverage_gis.store.atomic import sync_folder
from coverage_gis.store.hashing import sha256_json
from coverage_gis.store.locks import locked
from pipelines.input_hashes import files_of
from pipelines.keys import code_hash, plain, versions

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence
    from pathlib import Path

    from coverage_gis.settings import Settings
    from coverage_gis.sources.found import Found


def inode(path: Path) -> tuple[int, int]:
    """Return what is the same for hard links, as `fetch` makes them of a regional extract."""
    stat = path.stat()
    return stat.st_dev, stat.st_ino


def kept_extract(path: Path, settings: Settings, shared: Path | None) -> Path | None:
    """Return the folder of a decoded extract, None where it has not been decoded as it is now."""
    if shared is None:
        return None
    folder = shared / extract_key(path, settings)
    return folder if folder.is_dir() else None


def keep_extract(path: Path, settings: Settings, shared: Path) -> Path:
    """Decode an extract unless that has been done; the folder appears whole or not at all."""
    key = extract_key(path, settings)
    return _keep(shared / key, lambda folder: osm_kept.keep(path, settings, folder))


def with_kept(found: Iterable[Found], shared: Path | None) -> list[Found]:
    """Return data sets, each with the folder it was decoded into, if it was as it is now."""
    if shared is None or not shared.is_dir():
        return list(found)
    return [replace(f, kept=_if_there(shared / k) if k else None) for f, k in _file_keys(found)]


def keep_file(found: Found, shared: Path) -> Path:
    """Decode a data set unless that has been done; the folder appears whole or not at all.

    Raises
    ------
    CoverageGisError
        If it is broken.
    ValueError, TypeError
        If it is of a kind or holds a column that cannot be kept.
    """
    ((_, key),) = _file_keys([found])
    if key is None:
        raise ValueError(f"{found.kind} is read by each prefecture")
    return _keep(shared / key, lambda folder: KEEPERS[found.kind](found, folder))


def shared_key(found: Found) -> tuple[int, int, str] | None:
    """Return what is the same for a data set wherever it is found; None if it cannot be kept."""
    if found.kind not in {*KEEPERS, "osm"}:
        return None
    return *inode(found.path), found.member or ""


def forget_others(wanted: Collection[str], shared: Path) -> None:
    """Remove what was decoded of files that are no longer so, given the keys that are wanted."""
    if not shared.is_dir():
        return
    for folder in shared.iterdir():
        if folder.is_dir() and folder.name not in wanted:
            shutil.rmtree(folder, ignore_errors=True)


def keys_of(found: Sequence[Found], settings: Settings) -> set[str]:
    """Return the names of the folders that data sets are decoded into."""
    extracts = {extract_key(f.path, settings) for f in found if f.kind == "osm"}
    return extracts | {key for _, key in _file_keys(found) if key}


def extract_key(path: Path, settings: Settings) -> str:
    """Return the name of an extract as it is now, read with these settings by this code."""
    return sha256_json(
        {
            "file": _as_it_is(path),
            "settings": plain((settings.services, settings.network)),
            "code": code_hash(),
            "libraries": versions(),
        }
    )[:16]


def _file_keys(found: Iterable[Found]) -> list[tuple[Found, str | None]]:
    """Return the name of each data set as it is now, read by this code; None if it is not kept."""
    read_by = {"code": code_hash(), "libraries": versions()}
    out: list[tuple[Found, str | None]] = []
    for one in found:
        key = None
        if one.kind in KEEPERS:
            files = [_as_it_is(path) for path in files_of(one.path)]
            what = {"kind": one.kind, "label": one.label, "files": files, **read_by}
            key = sha256_json(what)[:16]
        out.append((one, key))
    return out


def _as_it_is(path: Path) -> list[int]:
    stat = path.stat()
    return [*inode(path), stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns]


def _if_there(folder: Path) -> Path | None:
    return folder if folder.is_dir() else None


def _keep(folder: Path, decode: Callable[[Path], None]) -> Path:
    with locked(folder, wait=True):
        if not folder.is_dir():
            scratch = folder.parent / f".{folder.name}.tmp"
            shutil.rmtree(scratch, ignore_errors=True)
            scratch.mkdir(parents=True)
            try:
                decode(scratch)
            except BaseException:
                shutil.rmtree(scratch, ignore_errors=True)
                raise
            scratch.rename(folder)
            sync_folder(folder.parent)
    return folder
