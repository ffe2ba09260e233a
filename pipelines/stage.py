"""What a stage is: a function from inputs and earlier stages' results to results of its own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from coverage_gis.codes.prefecture import Prefecture
    from coverage_gis.progress import Progress
    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Found
    from coverage_gis.sources.result import ReadResult


@dataclass(frozen=True)
class Options:
    """What the user asked for.

    Attributes
    ----------
    pref
        The prefecture.
    raw
        Folder of input data: ``<PP>/`` for one prefecture, and national files.
    out, maps
        Folders of results; each prefecture has a folder of its own in them.
    by_road
        False: straight-line figures alone (``DISTANCE=straight``).
    service_date
        Date whose timetable counts; None lets the tool choose a weekday.
    mesh_level
        "1km", "500m", "250m", "125m"; None takes what is there.
    settings_file
        The user's settings over the shipped ones, or None.
    encoding
        Of the shapefiles: "utf-8" or "cp932".
    plane
        Shapefiles and GeoPackage of 交通空白 in the prefecture's plane rectangular zone.
    shared
        Where inputs lie that were decoded once for several prefectures, or None; it shows in no
        result.
    unread
        A sentence for each file of the raw folder that is damaged or incomplete: the results
        say that they are without it.
    """

    pref: Prefecture
    raw: Path
    out: Path
    maps: Path
    by_road: bool = True
    service_date: date | None = None
    mesh_level: str | None = None
    settings_file: Path | None = None
    encoding: str = "utf-8"
    plane: bool = False
    shared: Path | None = None
    unread: tuple[str, ...] = ()

    @property
    def out_dir(self) -> Path:
        """Where this prefecture's results go."""
        return self.out / self.pref.code

    @property
    def maps_dir(self) -> Path:
        """Where this prefecture's maps go."""
        return self.maps / self.pref.code


@dataclass(frozen=True)
class SourceUse:
    """A file that was read, and what became of its rows."""

    kind: str
    path: str
    edition: str
    rows_read: int
    rows_used: int
    dropped: Mapping[str, int]
    notes: tuple[str, ...] = ()


def source_use(found: Found, raw: Path, result: ReadResult[Any]) -> SourceUse:
    """Return the account of one reader's work; paths are relative to the raw folder."""
    return SourceUse(
        found.kind,
        source_path(found, raw),
        found.edition,
        result.read,
        result.used,
        dict(result.dropped),
        result.notes,
    )


def sources_together(found: Sequence[Found], raw: Path, result: ReadResult[Any]) -> list[SourceUse]:
    """Return the accounts of files that were read as one table: the first has all its rows."""
    first = source_use(found[0], raw, result)
    others = [SourceUse(f.kind, source_path(f, raw), f.edition, 0, 0, {}) for f in found[1:]]
    if others:
        note = f"rows of {len(found)} files read together"
        first = replace(first, notes=(*first.notes, note))
    return [first, *others]


def source_path(found: Found, raw: Path) -> str:
    """Return a file's path below the raw folder, its member after an exclamation mark."""
    path = found.path.relative_to(raw) if found.path.is_relative_to(raw) else found.path
    return path.as_posix() + (f"!{found.member}" if found.member else "")


@dataclass(frozen=True)
class StageResult:
    """What a stage made.

    Attributes
    ----------
    artifacts
        Tables, arrays and records handed to later stages.
    totals
        People, to be the same in every stage that states them.
    counts
        Other figures for the record.
    sources
        Files it read.
    notes
        Sentences for the user.
    write
        Writes the files to be published into the folder it is given.
    """

    artifacts: Mapping[str, Any] = field(default_factory=dict)
    totals: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, Any] = field(default_factory=dict)
    sources: Sequence[SourceUse] = ()
    notes: Sequence[str] = ()
    write: Callable[[Path], None] | None = None


@dataclass(frozen=True)
class StageContext:
    """What a stage may use.

    Attributes
    ----------
    options, settings
        Of the run.
    found
        Input files of the kinds the stage reads.
    get
        ``get(stage, name)`` gives an artifact of a stage it needs, and of no other.
    records
        The records of the stages before it, by name.
    progress
        ``progress(label)`` gives a bar for long work.
    """

    options: Options
    settings: Settings
    found: Sequence[Found]
    get: Callable[[str, str], Any]
    records: Mapping[str, StageRecord]
    progress: Callable[[str], Progress]

    def of_kind(self, *kinds: str) -> list[Found]:
        """Return the input files of some kinds."""
        return [f for f in self.found if f.kind in kinds]


@dataclass(frozen=True)
class StageRecord:
    """What is remembered of a stage that was run."""

    name: str
    key: str
    digest: str
    duration_s: float
    files: Mapping[str, int]
    totals: Mapping[str, float]
    counts: Mapping[str, Any]
    sources: Sequence[SourceUse]
    notes: Sequence[str]


@dataclass(frozen=True)
class Stage:
    """A stage of the table in ``pipelines.stages``.

    Attributes
    ----------
    name
        A noun: what it makes.
    run
        The function.
    needs
        Stages whose results it uses.
    reads
        Kinds of input files it reads.
    uses
        The part of the settings and options its result depends on, as plain values.
    only_by_road
        Whether it is left out of a run by straight lines alone.
    """

    name: str
    run: Callable[[StageContext], StageResult]
    needs: tuple[str, ...]
    reads: tuple[str, ...]
    uses: Callable[[Settings, Options], Any]
    only_by_road: bool = False
