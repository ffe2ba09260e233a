"""What is there and what is missing, without asking anybody."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_gis.fetch.download import part_of
from coverage_gis.fetch.entries import EVERY_REGION, GTFS, MESH1, PAGE
from coverage_gis.fetch.everything import area_of
from coverage_gis.fetch.plan import filled, page_address, planned, wanted_entries
from coverage_gis.sources.choose import POPULATION_KINDS
from coverage_gis.sources.inventory import scan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path, PurePosixPath

    from coverage_gis.fetch.entries import Downloads, Entry
    from coverage_gis.fetch.plan import Wanted
    from coverage_gis.fetch.record import Records
    from coverage_gis.fetch.session import Download
    from coverage_gis.sources.found import Found

PRESENT, INCOMPLETE, MISSING = "present", "incomplete", "missing"
IN_USE = "in use"
"""What fetching would write is not there, but a file that a run reads in its place is."""
_PEOPLE = frozenset(POPULATION_KINDS)


@dataclass(frozen=True)
class Row:
    """A data set of the catalogue, and what of it is on disk.

    Attributes
    ----------
    entry
        The catalogue's entry.
    status
        "present", "incomplete" (some files, or a part of one), "in use" (under another name:
        ``others``) or "missing".
    files, of
        Files there, and files there should be; ``of`` is None where only a page or a list tells.
    size
        Bytes of the files there, parts included.
    edition
        Of what is there as far as noted when it was fetched, else of the catalogue.
    url
        One address: of the first file, or of the page that lists them.
    place
        The file, or the folder of several, below the raw-data folder.
    others
        Other files of the same kind that a run would read.
    """

    entry: Entry
    status: str
    files: int
    of: int | None
    size: int
    edition: str
    url: str
    place: str
    others: tuple[str, ...]


def survey(
    raw: Path, downloads: Downloads, wanted: Wanted, records: Records, *, margin_m: float
) -> list[Row]:
    """Return a row for each data set a prefecture's run can use, in the catalogue's order."""
    entries = wanted_entries(downloads, wanted)
    area = area_of(raw, downloads, wanted, margin_m, needed={e.by for e in entries})
    kinds = Counter(e.kind for e in entries if e.by != EVERY_REGION)
    alone = frozenset(kind for kind, number in kinds.items() if number == 1)
    surveyor = _Surveyor(raw, wanted, records, scan(raw, wanted.pref.code), alone)
    rows = []
    for entry in entries:
        listed = entry.by in (PAGE, GTFS) or (entry.by == MESH1 and area.mesh1 is None)
        files = planned(entry, wanted, area, downloads)
        rows.append(surveyor.listed(entry) if listed else surveyor.known(entry, files))
    return rows


@dataclass(frozen=True)
class _Surveyor:
    """Looks at a raw-data folder for the files of one entry after the other."""

    raw: Path
    wanted: Wanted
    records: Records
    found: Sequence[Found]
    alone: frozenset[str]
    """Kinds of one wanted entry: a file of such a kind stands for it, whatever its name."""

    def known(self, entry: Entry, files: Sequence[Download]) -> Row:
        """Return the row of an entry whose files' names are known."""
        places = [d.link or d.path for d in files]
        there = [p for p in places if (self.raw / p).exists()]
        parts = [part_of(self.raw / d.path) for d in files]
        begun = sum(p.stat().st_size for p in parts if p.exists())
        whole = len(there) == len(places)
        others = self._others(entry, there)
        begun_or_not = INCOMPLETE if there or begun else self._absent(entry, others)
        return Row(
            entry=entry,
            status=PRESENT if there and whole else begun_or_not,
            files=len(there),
            of=len(places),
            size=self._size(there) + begun,
            edition=self._edition(entry, there),
            url=files[0].url if files else self._filled(entry.url),
            place=str(places[0]) if len(places) == 1 else self._filled(entry.to),
            others=others,
        )

    def listed(self, entry: Entry) -> Row:
        """Return the row of an entry whose files only a page or a list names: those fetched."""
        folder = self._filled(entry.to)
        noted = self.records.of_entry(entry.name, folder.split("/", 1)[0])
        there = [p for p in noted if (self.raw / p).exists()]
        address = page_address(entry, self.wanted) if entry.page else self._filled(entry.url)
        others = self._others(entry, there)
        return Row(
            entry=entry,
            status=PRESENT if there else self._absent(entry, others),
            files=len(there),
            of=None,
            size=self._size(there),
            edition=self._edition(entry, there),
            url=address,
            place=str(there[0]) if len(there) == 1 else folder,
            others=others,
        )

    def _absent(self, entry: Entry, others: Sequence[str]) -> str:
        return IN_USE if others and entry.kind in self.alone else MISSING

    def _filled(self, pattern: str) -> str:
        return filled(pattern, {"pref": self.wanted.pref.code})

    def _size(self, there: Sequence[PurePosixPath]) -> int:
        return sum((self.raw / p).stat().st_size for p in there)

    def _edition(self, entry: Entry, there: Sequence[PurePosixPath]) -> str:
        noted = {kept.edition for p in there if (kept := self.records.kept(p)) and kept.edition}
        return noted.pop() if len(noted) == 1 else entry.edition

    def _others(self, entry: Entry, there: Sequence[PurePosixPath]) -> tuple[str, ...]:
        """Return files of the same kind that a run would read beside, or instead of, these."""
        if entry.by == EVERY_REGION:  # outlines of extracts, which no run reads
            return ()
        own = {self.raw / p for p in there}
        kinds = _PEOPLE if entry.kind in _PEOPLE else {entry.kind} - {""}
        paths = {f.path for f in self.found if f.kind in kinds} - own
        inside = (p.relative_to(self.raw) for p in paths if p.is_relative_to(self.raw))
        return tuple(sorted(p.as_posix() for p in inside))
