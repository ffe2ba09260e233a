"""What lies in a raw-data folder: every file recognised by its official name and content.

Nobody renames anything: files may be zipped, nested, unzipped, in any subfolder.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.codes.prefecture import DEMO
from coverage_gis.errors import InputError
from coverage_gis.sources import archive
from coverage_gis.sources.choose import (
    choose_boundaries,
    choose_population,
    one_per_layer,
)
from coverage_gis.sources.found import Found, Inventory
from coverage_gis.sources.recognise import (
    HEAD_BYTES,
    LONG_HEAD_BYTES,
    may_need_more,
    recognise,
)
from coverage_gis.sources.recognise_vector import is_gml_name

if TYPE_CHECKING:
    import zipfile
    from collections.abc import Callable, Iterable, Iterator, Mapping

__all__ = [
    "Found",
    "Inventory",
    "choose_boundaries",
    "choose_population",
    "scan",
    "scan_report",
]

_NATIONAL = "national"
_N03 = "n03"
_MAX_NESTING = 3
_ZONES = "zones"
_ZONE_SUFFIXES = (".geojson", ".json", ".shp")
_GTFS_TABLES = {"stops.txt", "stop_times.txt"}
_NO_DATA_NAMES = ("readme", "license", "licence", "thumbs.db", "desktop.ini")
_NO_DATA_SUFFIXES = (
    *(".tmp", ".part", ".partial", ".crdownload", ".download", ".bak", ".md", ".pdf", ".url"),
    *(".xml", ".qml", ".qpj", ".sbn", ".sbx", ".qix", ".atx", ".aux"),
    *archive.SIDECARS,
)


def scan(raw: Path, pref_code: str) -> list[Found]:
    """Return the data sets for a prefecture under ``raw``, sorted; see :func:`scan_report`."""
    return list(scan_report(raw, pref_code).found)


def scan_report(raw: Path, pref_code: str, neighbours: Iterable[str] = ()) -> Inventory:
    """Return everything found for a prefecture, and what could not be used.

    Looked at: ``raw/<PP>/`` and ``raw/national/`` with all their subfolders, and the files at
    the top of ``raw``. The demo prefecture (00) has only ``raw/00/``, so that nothing real is
    mixed with it. Folders that do not exist are empty.

    Parameters
    ----------
    raw
        The raw-data folder.
    pref_code
        Two digits.
    neighbours
        Prefectures in whose folders boundaries (N03) are looked for, and nothing else.
    """
    scanner = _Scanner()
    scanner.tree(raw / pref_code)
    if pref_code != DEMO:
        scanner.files(_plain_files(raw))
        scanner.tree(raw / _NATIONAL)
        for code in neighbours:
            scanner.found += _boundaries_of(raw, code)
    found, aside = one_per_layer(scanner.found)
    return Inventory(
        found=tuple(sorted(found, key=lambda f: f.sort_key)),
        unknown=tuple(sorted(scanner.unknown)),
        problems=tuple(scanner.problems),
        aside=tuple(aside),
    )


def _boundaries_of(raw: Path, pref_code: str) -> list[Found]:
    """Return another prefecture's N03 files; what is wrong in its folder is told in its own run."""
    scanner = _Scanner(named=_N03)
    scanner.tree(raw / pref_code)
    return [
        replace(found, detail={**found.detail, "pref": pref_code})
        for found in scanner.found
        if found.kind == _N03 and found.detail.get("pref", pref_code) == pref_code
    ]


@dataclass
class _Scanner:
    """Collects what is found while folders and zips are walked.

    ``named``: only files with this in their name, in small letters, are looked at.
    """

    named: str = ""
    found: list[Found] = field(default_factory=list)
    unknown: list[Path] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def tree(self, folder: Path) -> None:
        seen: set[str] = set()
        for top, folders, names in os.walk(folder, followlinks=True):
            real = os.path.realpath(top)
            folders[:] = [] if real in seen else sorted(d for d in folders if not _hidden(d))
            if real not in seen:
                self.files([Path(top) / n for n in sorted(names)])
            seen.add(real)

    def files(self, paths: Iterable[Path]) -> None:
        """Look at the files of one folder."""
        paths = [p for p in paths if self.named in p.name.lower() and not _no_data(p.name)]
        if {p.name.lower() for p in paths} >= _GTFS_TABLES:
            self.found.append(Found(paths[0].parent, None, "gtfs", ""))
            paths = [p for p in paths if p.suffix.lower() != ".txt"]
        for path in paths:
            try:
                known = self._zip(path) if archive.is_zip(path.name) else self._plain(path)
            except InputError as error:
                self.problems.append(str(error))
            except OSError as error:
                self.problems.append(f"{path.name} cannot be read ({error.strerror}).")
            else:
                if not known:
                    self.unknown.append(path)

    def _plain(self, path: Path) -> bool:
        """Add a plain file if it is known; tell whether it is."""
        looked_at = path
        if path.suffix.lower() == ".shp":
            beside = {p.suffix.lower(): p for p in archive.files_of(Found(path, None, "", ""))}
            _check_sidecars(path.name, beside)
            looked_at = beside[".dbf"]

        def head(size: int) -> bytes:
            with looked_at.open("rb") as file:
                return file.read(size)

        return self._add(path, None, path.name, head)

    def _zip(self, path: Path, inner: str | None = None, depth: int = 0) -> bool:
        """Add what a zip holds; tell whether it held anything known."""
        known = False
        nested: list[str] = []
        with archive.open_zip(path, inner) as opened:
            members = archive.member_names(opened)
            feeds = list(_gtfs_folders(members))
            for folder in feeds:
                detail = {"folder": folder} if folder else {}
                self.found.append(Found(path, inner, "gtfs", "", detail))
                known = True
            for name in sorted(members):
                base = PurePosixPath(name).name
                in_feed = any(name.startswith(f) for f in feeds) and base.lower().endswith(".txt")
                if in_feed or _no_data(base) or "__MACOSX" in name:
                    continue
                if archive.is_zip(base):
                    nested.append(name)
                    continue
                known |= self._member(path, inner, name, opened, members)
        if depth < _MAX_NESTING:
            for name in nested:
                deeper = f"{inner}{archive.NESTED}{name}" if inner else name
                known |= self._zip(path, deeper, depth + 1)
        return known

    def _member(
        self,
        path: Path,
        inner: str | None,
        name: str,
        opened: zipfile.ZipFile,
        members: Mapping[str, zipfile.ZipInfo],
    ) -> bool:
        """Add a zip's member if it is known; tell whether it is."""
        info = members[name]
        if name.lower().endswith(".shp"):
            stem = name[:-4].lower()
            beside = {
                PurePosixPath(n).suffix.lower(): n
                for n in members
                if n[: -len(PurePosixPath(n).suffix) or None].lower() == stem
            }
            _check_sidecars(f"{path.name}/{name}", beside)
            info = members[beside[".dbf"]]
        member = f"{inner}{archive.NESTED}{name}" if inner else name
        return self._add(path, member, name, lambda size: archive.read_head(opened, info, size))

    def _add(self, path: Path, member: str | None, name: str, head: Callable[[int], bytes]) -> bool:
        if _is_zone(path, name):
            self.found.append(Found(path, member, "zone", ""))
            return True
        begin = head(HEAD_BYTES)
        what = recognise(name, begin)
        if what is None and may_need_more(name, begin):
            what = recognise(name, head(LONG_HEAD_BYTES))
        if what is None or (what.kind == "osm" and member is not None):
            return False  # OpenStreetMap extracts are read from disk only: they are large
        self.found.append(Found(path, member, what.kind, what.edition, what.detail))
        return True


def _is_zone(path: Path, name: str) -> bool:
    """Tell whether a vector file lies in a folder ``zones``: nothing in it says what it is."""
    inside = {path.parent.name.lower(), PurePosixPath(name).parent.name.lower()}
    return _ZONES in inside and PurePosixPath(name).suffix.lower() in _ZONE_SUFFIXES


def _gtfs_folders(members: Iterable[str]) -> Iterator[str]:
    """Return the folders ("" or with a final /) that hold a GTFS feed, sorted."""
    tables: dict[str, set[str]] = {}
    for name in members:
        folder, slash, base = name.rpartition("/")
        if "__MACOSX" not in folder:
            tables.setdefault(folder + slash, set()).add(base.lower())
    return iter(sorted(f for f, names in tables.items() if names >= _GTFS_TABLES))


def _check_sidecars(label: str, beside: Iterable[str]) -> None:
    missing = sorted({".dbf", ".shx"} - set(beside))
    if missing:
        raise InputError(
            f"{label} lacks its {' and '.join(missing)} file; put all parts of the shapefile "
            "side by side."
        )


def _plain_files(folder: Path) -> list[Path]:
    try:
        return sorted(p for p in folder.iterdir() if p.is_file())
    except OSError:
        return []


def _hidden(name: str) -> bool:
    return name.startswith((".", "~")) or name == "__MACOSX"


def _no_data(name: str) -> bool:
    """Tell whether a file is hidden, temporary, a document or part of another file."""
    lower = name.lower()
    if is_gml_name(name):
        return False
    return _hidden(name) or lower.startswith(_NO_DATA_NAMES) or lower.endswith(_NO_DATA_SUFFIXES)
