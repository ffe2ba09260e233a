"""What a run prints: what was found, what is missing, and a summary a planner can read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.codes import prefecture
from coverage_gis.sources.catalogue import SYNTHETIC, catalogue
from pipelines import words
from pipelines.figures import headline
from pipelines.stage import source_path
from pipelines.words_outlook import sensitivity_ja

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from coverage_gis.settings import Settings
    from coverage_gis.sources.inventory import Inventory
    from pipelines.runner import Runner
    from pipelines.stage import Options, StageRecord

COMPUTATIONS = ("network", "access")
"""Before the first of these that runs, all files have been read and are listed."""

_EXPECTED = {
    "estat-mesh": ("population", ("mesh-csv", "population-raster"), "nothing can be computed"),
    "n03": ("municipal boundaries (N03)", (), "no figures by municipality"),
    "osm": ("roads and shops (OpenStreetMap)", ("graphml",), "no road distances, no shops"),
    "gsi-shelter": ("shelters (GSI 指定避難所)", ("municipal",), "no shelter figures"),
    "gsi-evacuation-site": ("evacuation sites (GSI 指定緊急避難場所)", (), "no figures for them"),
    "p04": (
        "medical institutions (P04)",
        ("mhlw-medical", "municipal"),
        "hospitals and clinics come from OpenStreetMap",
    ),
    "n02": ("railway stations (N02)", (), "stations come from OpenStreetMap"),
    "gtfs": ("timetables (GTFS)", (), "trips per day are unknown"),
    "p11": ("bus stops (P11)", (), "bus stops come from GTFS or OpenStreetMap alone"),
}


def title(options: Options) -> str:
    """Return the first line of a run."""
    pref = options.pref
    note = "  架空のデータ / synthetic" if pref.code == prefecture.DEMO else ""
    return f"{pref.code} {pref.name_ja} ({pref.name_en}){note}"


def inventory_lines(inventory: Inventory, options: Options) -> Iterator[str]:
    """Yield what was found, what is missing and what that leaves out."""
    kinds: dict[str, list[str]] = {}
    for found in inventory.found:
        kinds.setdefault(found.kind, []).append(source_path(found, options.raw))
    for kind, paths in kinds.items():
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        yield f"  found    {kind:<20} {paths[0]}{more}"
    for kind, (label, instead, consequence) in _EXPECTED.items():
        if kind not in kinds and not any(k in kinds for k in instead):
            yield f"  missing  {kind:<20} {label}: {consequence}"
    for path in inventory.unknown:
        yield f"  ignored  {path}: not a file this tool knows"
    for sentence in (*inventory.problems, *inventory.aside):
        yield f"  ignored  {sentence}"


def source_lines(records: Mapping[str, StageRecord], options: Options) -> Iterator[str]:
    """Yield a table of the files that were read: rows, edition, licence, and lost rows."""
    known = catalogue()
    synthetic = options.pref.code == prefecture.DEMO
    yield ""
    yield f"  {'data set':<20} {'edition':<24} {'rows':>9} {'used':>9}  licence / file"
    for record in records.values():
        for use in record.sources:
            about = known[SYNTHETIC if synthetic else use.kind]
            yield (
                f"  {use.kind:<20} {use.edition[:24]:<24} {use.rows_read:>9,} {use.rows_used:>9,}  "
                f"{about.licence_of(use.edition)} / {use.path}"
            )
            for reason, rows in sorted(use.dropped.items()):
                yield f"  {'':<20} {'':<24} {'':>9} {rows:>9,}  left out: {reason}"
            for note in use.notes:
                yield f"  {'':<20} note: {note}"
    yield ""


def stage_line(record: StageRecord, *, reused: bool) -> str:
    """Return a line on a stage that is done: how long it took, what it found."""
    took = "unchanged" if reused else f"{record.duration_s:6.1f} s"
    return f"{record.name:<13}{took:>10}  {record.counts.get('headline', '')}".rstrip()


def summary_lines(
    runner: Runner, options: Options, settings: Settings, *, written: bool
) -> Iterator[str]:
    """Yield the last lines of a run."""
    notes = [n for record in runner.records.values() for n in record.notes]
    notes += [f"not in these results: {sentence}" for sentence in options.unread]
    if notes:
        yield ""
    for note in notes:
        yield f"  note: {note}"
    yield ""
    if not written:
        yield "Nothing has changed since the last run: nothing was computed, all results stand."
    figures = headline(runner.get, settings, by_road=options.by_road)
    if options.pref.code == prefecture.DEMO:
        yield f"  {words.SYNTHETIC}"
    for line in words.headline_ja(figures, settings, options.pref):
        yield f"  {line}"
    for line in words.completeness_ja(runner.get("measures", "completeness")):
        yield f"  {line}"
    for line in sensitivity_ja(runner.get("measures", "sensitivity"), settings):
        yield f"  {line}"
    yield f"  地図 (map):      {options.maps_dir / 'index.html'}"
    yield f"  報告書 (report): {options.maps_dir / 'report.html'}"
    yield f"  表 (tables):     {options.out_dir}"
