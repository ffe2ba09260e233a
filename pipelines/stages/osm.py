"""OSM: one reading of the OpenStreetMap files gives both the ways and the facilities."""

from __future__ import annotations

from dataclasses import fields, replace

from coverage_gis.network.osm_ways import OsmWays
from coverage_gis.population.extent import margin_bounds
from coverage_gis.sources.osm import read_osm
from coverage_gis.sources.result import ReadResult
from pipelines.stage import StageContext, StageResult, sources_together

OSM = "osm"
_TAGSETS = "tagsets"


def run(ctx: StageContext) -> StageResult:
    """Read ways and facilities of the prefecture and its margin."""
    found = ctx.of_kind(OSM)
    bounds = margin_bounds(ctx.get("origins", "origins"), ctx.settings.run.margin_m)
    extract = read_osm(
        [f.path for f in found],
        bounds=bounds,
        settings=ctx.settings,
        progress=ctx.progress("OpenStreetMap"),
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
    names = [f.name for f in fields(OsmWays) if f.name != _TAGSETS]
    return StageResult(
        artifacts={
            "ways": {name: getattr(extract.ways, name) for name in names},
            _TAGSETS: [dict(tags) for tags in extract.ways.tagsets],
            "pois": extract.pois,
        },
        counts={
            "headline": f"{read['ways']:,} ways, {read['places']:,} facilities",
            "bounds": list(bounds),
            **read,
        },
        sources=uses,
        notes=extract.notes,
    )


def load_ways(ctx: StageContext) -> OsmWays:
    """Return the ways that this stage kept."""
    return OsmWays(tagsets=tuple(ctx.get(OSM, _TAGSETS)), **ctx.get(OSM, "ways"))
