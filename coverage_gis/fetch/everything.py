"""All that one prefecture needs: boundaries first, since they decide some of the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from coverage_gis.errors import DownloadError
from coverage_gis.fetch.areas import (
    boundaries_at_hand,
    primary_meshes,
    regions_by_table,
    regions_touched,
)
from coverage_gis.fetch.batch import FAILED, Listener, Outcome, run_batch
from coverage_gis.fetch.download import fetch_text
from coverage_gis.fetch.entries import EVERY_REGION, GTFS, MESH1, PAGE, REGION
from coverage_gis.fetch.listings import feeds_in, links_on, safe_name
from coverage_gis.fetch.outlines import parse_poly
from coverage_gis.fetch.plan import (
    Area,
    Wanted,
    listed_downloads,
    page_address,
    planned,
    stand_in,
    wanted_entries,
)

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

    import shapely

    from coverage_gis.fetch.entries import Downloads, Entry
    from coverage_gis.fetch.session import Download, Session

_BOUNDARIES = "n03"
_UNKNOWN_AREA = Area(None, ())


def fetch_all(
    session: Session,
    downloads: Downloads,
    wanted: Wanted,
    listener: Listener,
    *,
    margin_m: float,
) -> list[Outcome]:
    """Bring all files of a prefecture, and return what became of each.

    Parameters
    ----------
    session
        Folder, transport, records and policy.
    downloads, wanted
        The catalogue, and what the user asks for.
    listener
        Is told how it goes.
    margin_m
        How far beyond the border roads are needed.
    """
    entries = wanted_entries(downloads, wanted)
    first = [e for e in entries if e.kind == _BOUNDARIES or e.by == EVERY_REGION]
    hosts_at_once = downloads.fetch.hosts_at_once
    files = [d for e in first for d in planned(e, wanted, _UNKNOWN_AREA, downloads)]
    outcomes = run_batch(session, files, listener, hosts_at_once=hosts_at_once)
    rest = [e for e in entries if e not in first]
    area = area_of(session.raw, downloads, wanted, margin_m, needed={e.by for e in rest})
    resolver = _Resolver(session, downloads, wanted, area, listener)
    by_place: dict[PurePosixPath, Download] = {}
    for download in (d for e in rest for d in resolver.files(e)):
        by_place.setdefault(download.path, download)  # the first entry that names a place has it
    files = list(by_place.values())
    outcomes += resolver.failed
    return outcomes + run_batch(session, files, listener, hosts_at_once=hosts_at_once)


def area_of(
    raw: Path, downloads: Downloads, wanted: Wanted, margin_m: float, *, needed: set[str]
) -> Area:
    """Return a prefecture's primary meshes and map regions, from what is on disk.

    Regions without an outline at hand, or all without boundaries, go by the catalogue's table,
    neighbours included: rather one extract too many than a border without roads.
    """
    code = wanted.pref.code
    if not needed & {MESH1, REGION}:
        return _UNKNOWN_AREA
    municipalities = boundaries_at_hand(raw, code)
    by_table = regions_by_table(code, downloads.regions, downloads.neighbours)
    if municipalities is None:
        return Area(None, by_table)
    outlines = outlines_at_hand(raw, downloads, wanted)
    touched = regions_touched(municipalities, outlines, margin_m, code) if outlines else ()
    regions = {r for r in by_table if r not in outlines} | set(touched)
    return Area(primary_meshes(municipalities), tuple(sorted(regions)))


def outlines_at_hand(
    raw: Path, downloads: Downloads, wanted: Wanted
) -> dict[str, shapely.Geometry]:
    """Return the regions' outlines that are on disk and can be read."""
    out = {}
    for entry in downloads.entries.values():
        if entry.by != EVERY_REGION:
            continue
        files = planned(entry, wanted, _UNKNOWN_AREA, downloads)
        for region, download in zip(downloads.regions, files, strict=True):
            try:
                text = (raw / download.path).read_text(encoding="utf-8", errors="replace")
                out[region] = parse_poly(text)
            except (FileNotFoundError, DownloadError):
                continue
    return out


@dataclass
class _Resolver:
    """Finds out the addresses of entries' files, asking pages and lists where needed."""

    session: Session
    downloads: Downloads
    wanted: Wanted
    area: Area
    listener: Listener
    failed: list[Outcome] = field(default_factory=list)
    _pages: dict[str, bytes | str] = field(default_factory=dict)

    def files(self, entry: Entry) -> list[Download]:
        if entry.by == MESH1 and self.area.mesh1 is None:
            self._fail(
                entry,
                entry.url,
                "which primary meshes the prefecture has is read from its boundaries (N03), which "
                "are not there yet.",
            )
            return []
        if entry.by not in (PAGE, GTFS):
            return planned(entry, self.wanted, self.area, self.downloads)
        url = page_address(entry, self.wanted)
        try:
            page = self._page(url, entry)
            if entry.by == PAGE:
                return listed_downloads(entry, links_on(page, url, entry.link), self.wanted)
            feeds = feeds_in(page, url)
        except DownloadError as error:
            return self._without_page(entry, url, str(error))
        if not feeds:
            day = self.wanted.day.isoformat()
            self.listener.note(f"{entry.title}: {url} lists nothing for {day}.")
        return listed_downloads(entry, feeds, self.wanted)

    def _page(self, url: str, entry: Entry) -> bytes:
        """Return a page, asked for once for all entries that need it."""
        if url not in self._pages:
            kind = "json" if entry.by == GTFS else "html"
            name = f"{safe_name(entry.kind or entry.name)}-{self.wanted.pref.code}.{kind}"
            try:
                self._pages[url] = fetch_text(self.session, url, name)
            except DownloadError as error:
                self._pages[url] = str(error)
        page = self._pages[url]
        if isinstance(page, str):
            raise DownloadError(page)
        return page

    def _without_page(self, entry: Entry, url: str, why: str) -> list[Download]:
        known = stand_in(entry, self.wanted)
        if known is None:
            self._fail(entry, url, why)
            return []
        self.listener.note(f"{why} The address known before is tried: {known.url}.")
        return [known]

    def _fail(self, entry: Entry, url: str, why: str) -> None:
        folder = entry.to.replace("{pref}", self.wanted.pref.code)
        outcome = Outcome(entry.name, url, f"{folder}/{entry.file}", FAILED, why=why)
        self.failed.append(outcome)
        self.listener.done(outcome)
