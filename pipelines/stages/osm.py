"""OSM: one reading of the OpenStreetMap files gives both the ways and the facilities."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from coverage_gis.network.osm_ways import OsmWays
from coverage_gis.population.extent import margin_bounds
from coverage_gis.sources.osm import decoded, read_osm
from coverage_gis.sources.osm_kept import KeptFile
from coverage_gis.sources.osmnx_graph import empty_pois, read_graphml
from coverage_gis.sources.result import ReadResult
from pipelines.shared import kept_extract
from pipelines.stage import StageContext, StageResult, sources_together

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from coverage_gis.settings import Settings
    from coverage_gis.sources.osm import Bounds, OneFile, Reader
    from coverage_gis.sources.osm_file import TagSets

OSM, GRAPHML = "osm", "graphml"
READS = (OSM, GRAPHML)
"""Kinds of files this stage reads."""
_TAGSETS = "tagsets"


def run(ctx: StageContext) -> StageResult:
    """Read ways and facilities of the prefecture and its margin."""
    found = ctx.of_kind(OSM)
    if not found:
        return _from_graphs(ctx)
    bounds = margin_bounds(ctx.get("origins", "origins"), ctx.settings.run.margin_m)
    extract = read_osm(
        [f.path for f in found],
        bounds=bounds,
        settings=ctx.settings,
        progress=ctx.progress("OpenStreetMap"),
        reader=_reader(ctx),
    )
    read = extract.read
    lost = {
        "beyond the margin of the prefecture": read["ways_outside"] + read["places_outside"],
        "no position in the extract": read["ways_without_nodes"] + read["places_without_nodes"],
    }
    account = ReadResult(
        extract.ways,
        read=read["ways"] + read["places"] + sum(lost.values()),
        dropped={reason: count for reason, count in lost.items() if count},
    )
    uses = [
        replace(use, edition=extract.edition[:10] or use.edition)
        for use in sources_together(found, ctx.options.raw, account)
    ]
    notes = list(extract.notes)
    if graphs := ctx.of_kind(GRAPHML):
        notes.append(f"Roads are from OpenStreetMap; {graphs[0].label} is left aside.")
    return StageResult(
        artifacts=_artifacts(extract.ways, extract.pois, extract.settlements),
        counts={
            "headline": f"{read['ways']:,} ways, {read['places']:,} facilities",
            "bounds": list(bounds),
            **read,
        },
        sources=uses,
        notes=notes,
    )


def _reader(ctx: StageContext) -> Reader:
    """Return what reads a file: from where it was decoded for all prefectures, or the file."""

    def read(
        path: Path,
        settings: Settings,
        keys: tuple[str, ...],
        tagsets: TagSets,
        bounds: Bounds | None,
    ) -> OneFile:
        kept = kept_extract(path, settings, ctx.options.shared)
        if kept is not None:
            return KeptFile(kept, tagsets, bounds)
        return decoded(path, settings, keys, tagsets, bounds)

    return read


def _from_graphs(ctx: StageContext) -> StageResult:
    """Read roads from osmnx graphs: there are no facilities in them."""
    found = ctx.of_kind(GRAPHML)
    result = read_graphml(found, ctx.settings.network)
    bounds = margin_bounds(ctx.get("origins", "origins"), ctx.settings.run.margin_m)
    ways = len(result.table.way_id)
    return StageResult(
        artifacts=_artifacts(result.table, empty_pois(), empty_pois()),
        counts={
            "headline": f"{ways:,} ways from an osmnx graph, no facilities",
            "bounds": list(bounds),
            "ways": ways,
        },
        sources=sources_together(found, ctx.options.raw, result),
        notes=["Roads are from an osmnx graph, which holds no shops: put an .osm.pbf for them."],
    )


def _artifacts(ways: OsmWays, pois: pd.DataFrame, settlements: pd.DataFrame) -> dict[str, Any]:
    names = [f.name for f in fields(OsmWays) if f.name != _TAGSETS]
    return {
        "ways": {name: getattr(ways, name) for name in names},
        _TAGSETS: [dict(tags) for tags in ways.tagsets],
        "pois": pois,
        "settlements": settlements,
    }


def load_ways(ctx: StageContext) -> OsmWays:
    """Return the ways that this stage kept."""
    return OsmWays(tagsets=tuple(ctx.get(OSM, _TAGSETS)), **ctx.get(OSM, "ways"))
