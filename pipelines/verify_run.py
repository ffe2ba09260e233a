"""``verify``: whether the files of a result still have the hashes its ``run.json`` states."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coverage_gis.codes import prefecture
from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.store.hashing import sha256_file
from pipelines.console import Console
from pipelines.publication import RUN_RECORD

_FOLDERS = ("tables", "maps")
_SHOWN = 20


@dataclass(frozen=True)
class Verdict:
    """What became of the files a run record names.

    Attributes
    ----------
    same
        How many have the stated sha256.
    changed, missing
        Names of those that have not, and of those that are not there.
    unread
        Inputs that could not be looked up, since their folder was not named or has no such file.
    """

    same: int
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def good(self) -> bool:
        """Whether nothing has changed and nothing is missing."""
        return not (self.changed or self.missing)


def verify_outputs(record: dict[str, Any], tables: Path, maps: Path) -> Verdict:
    """Return whether the outputs a record names are there, byte for byte.

    Parameters
    ----------
    record
        Content of ``run.json``.
    tables, maps
        The prefecture's own folders of tables and of maps.

    Raises
    ------
    InputError
        If the record does not name its outputs in the way this version writes it.
    """
    homes = dict(zip(_FOLDERS, (tables, maps), strict=True))
    stated: dict[Path, str] = {}
    try:
        for name, entry in record["outputs"].items():
            path = homes[entry["folder"]] / name
            if not path.resolve().is_relative_to(homes[entry["folder"]].resolve()):
                raise InputError(f"{RUN_RECORD} names a file outside its folders: {name}.")
            stated[path] = str(entry["sha256"])
    except (KeyError, TypeError, AttributeError):
        raise InputError(
            f"{tables / RUN_RECORD} does not list its outputs with their sha256; "
            "run the prefecture again."
        ) from None
    return _compared(stated)


def verify_inputs(record: dict[str, Any], raw: Path) -> Verdict:
    """Return whether the input files a record names are still the same in the folder ``raw``.

    A data set of several files (a shapefile, a folder of GTFS) is recorded by a hash of hashes
    and counted as ``unread``, as are files that are not there.
    """
    stated: dict[Path, str] = {}
    unread: list[str] = []
    for source in record.get("sources", ()):
        name = str(source.get("path", "")).partition("!")[0]
        path = raw / name
        several = path.suffix.lower() == ".shp" or path.is_dir()
        if source.get("sha256") and path.is_file() and not several:
            stated[path] = str(source["sha256"])
        else:
            unread.append(name)
    found = _compared(stated)
    return Verdict(found.same, found.changed, found.missing, tuple(sorted(set(unread))))


def run_verify(folder: Path, maps: Path | None, raw: Path | None) -> int:
    """Print what verifying a result found.

    Parameters
    ----------
    folder
        The prefecture's folder of tables, such as ``data_out/16``, or its ``run.json``.
    maps
        The prefecture's folder of maps; None looks beside the tables and in ``maps/``.
    raw
        Folder of inputs to compare as well, or None.

    Returns
    -------
    int
        0 where everything is as stated, 1 otherwise.

    Raises
    ------
    CoverageGisError
        If there is no readable run record.
    """
    console = Console(quiet=False)
    folder = _folder(folder)
    record = read_record(folder)
    outputs = verify_outputs(record, folder, maps or _maps_of(folder))
    _tell(console, "output", outputs)
    good = outputs.good
    if raw is not None:
        inputs = verify_inputs(record, raw)
        _tell(console, "input", inputs)
        good = good and inputs.good
    return 0 if good else 1


def _folder(named: Path) -> Path:
    """Return the folder of a result, named by itself, its record or its prefecture's name."""
    if named.name == RUN_RECORD:
        return named.parent
    if named.exists():
        return named
    try:
        return named.parent / prefecture.resolve(named.name).code
    except InputError:
        return named


def read_record(folder: Path) -> dict[str, Any]:
    """Return the run record of a result.

    Raises
    ------
    MissingInputError, InputError
        If there is none, or it is damaged.
    """
    path = folder / RUN_RECORD
    if not path.is_file():
        raise MissingInputError(
            f"{path} does not exist; run the prefecture first, or name the folder of a finished "
            "run (results elsewhere: OUT=folder with make)."
        )
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged ({error}); run the prefecture again.") from None
    if not isinstance(record, dict):
        raise InputError(f"{path} is not a run record; run the prefecture again.")
    return record


def _maps_of(folder: Path) -> Path:
    beside = folder.resolve().parent / "maps" / folder.resolve().name
    return beside if beside.is_dir() else Path("maps") / folder.resolve().name


def _compared(stated: dict[Path, str]) -> Verdict:
    missing = [str(p) for p in stated if not p.is_file()]
    changed = [str(p) for p, sha in stated.items() if p.is_file() and sha256_file(p) != sha]
    return Verdict(
        len(stated) - len(missing) - len(changed), tuple(sorted(changed)), tuple(sorted(missing))
    )


def _tell(console: Console, what: str, verdict: Verdict) -> None:
    console.tell(f"{verdict.same:,} {what} files have the sha256 that {RUN_RECORD} states.")
    for title, names in (
        ("changed since the run", verdict.changed),
        ("missing", verdict.missing),
        ("not looked up (several files, or not there)", verdict.unread),
    ):
        if names:
            console.tell(f"{len(names):,} {what} files {title}:")
            for name in names[:_SHOWN]:
                console.tell(f"  {name}")
            if len(names) > _SHOWN:
                console.tell(f"  and {len(names) - _SHOWN:,} more")
