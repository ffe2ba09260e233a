"""What is remembered of fetched files: ``.fetch.json`` in each folder of the raw-data folder."""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from coverage_gis.store.atomic import write_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NAME = ".fetch.json"
_VERSION = 1


@dataclass(frozen=True)
class Kept:
    """A file that was fetched.

    Attributes
    ----------
    entry
        Name of its catalogue entry.
    url, etag, last_modified
        Where from, and what to ask with whether it changed.
    sha256, size
        Of the file.
    fetched
        When, UTC (ISO 8601).
    about
        What a list said of it: the licence of a feed, for one.
    """

    entry: str
    url: str
    etag: str
    last_modified: str
    sha256: str
    size: int
    fetched: str
    edition: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Partial:
    """The beginning of a file, and what tells whether the rest still belongs to it ("" nothing)."""

    url: str
    validator: str


class Records:
    """The records below one raw-data folder; safe to use from several threads.

    A record that cannot be read counts as none: its files are fetched again.
    """

    def __init__(self, raw: Path) -> None:
        self._raw = raw
        self._lock = threading.Lock()
        self._tables: dict[str, dict[str, dict[str, Any]]] = {}

    def kept(self, path: PurePosixPath) -> Kept | None:
        """Return what is remembered of the file at ``path`` (below the raw-data folder)."""
        with self._lock:
            kept: Kept | None = _as(Kept, self._table(path)["files"].get(_rest(path)))
            return kept

    def partial(self, path: PurePosixPath) -> Partial | None:
        """Return what is remembered of the beginning of a file."""
        with self._lock:
            partial: Partial | None = _as(Partial, self._table(path)["partial"].get(_rest(path)))
            return partial

    def of_entry(self, name: str, home: str) -> dict[PurePosixPath, Kept]:
        """Return what was fetched for an entry into one of the raw-data folder's folders."""
        with self._lock:
            files = self._table(PurePosixPath(home))["files"]
            known = {PurePosixPath(home, rest): _as(Kept, v) for rest, v in sorted(files.items())}
        return {path: kept for path, kept in known.items() if kept and kept.entry == name}

    def keep(self, path: PurePosixPath, kept: Kept) -> None:
        """Remember a file that is now in its place.

        Raises
        ------
        OutputError
            If the record cannot be written.
        """
        with self._lock:
            table = self._table(path)
            table["files"][_rest(path)] = asdict(kept)
            table["partial"].pop(_rest(path), None)
            self._write(path)

    def begin(self, path: PurePosixPath, partial: Partial | None) -> None:
        """Remember what the beginning of a file belongs to, or forget it.

        Raises
        ------
        OutputError
            If the record cannot be written.
        """
        with self._lock:
            table = self._table(path)["partial"]
            before = dict(table)
            table.pop(_rest(path), None)
            if partial:
                table[_rest(path)] = asdict(partial)
            if table != before:
                self._write(path)

    def _table(self, path: PurePosixPath) -> dict[str, dict[str, Any]]:
        home = path.parts[0]
        if home not in self._tables:
            self._tables[home] = _read(self._raw / home / NAME)
        return self._tables[home]

    def _write(self, path: PurePosixPath) -> None:
        home = path.parts[0]
        content = {"version": _VERSION, **self._tables[home]}
        text = json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True)
        write_text(self._raw / home / NAME, text + "\n")


def _rest(path: PurePosixPath) -> str:
    return "/".join(path.parts[1:])


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        data = None
    known = isinstance(data, dict) and data.get("version") == _VERSION
    tables = {key: data.get(key) if known else None for key in ("files", "partial")}
    return {k: v if isinstance(v, dict) else {} for k, v in tables.items()}


def _as(of: type[Any], value: object) -> Any:
    """Return a record's entry as a dataclass, None if it has not its fields."""
    if not isinstance(value, dict):
        return None
    wanted = {f.name: str(f.type) for f in fields(of)}
    types = {"str": str, "int": int}
    ok = all(isinstance(value.get(k), types[t]) for k, t in wanted.items() if t in types)
    return of(**{k: v for k, v in value.items() if k in wanted}) if ok else None
