"""Network: the walk and drive graphs of the prefecture and its margin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from coverage_gis import schema
from coverage_gis.network.build import build
from coverage_gis.network.slope import with_slope
from coverage_gis.sources.dem import heights_of
from pipelines.stage import SourceUse, StageContext, StageResult, sources_together
from pipelines.stages.osm import load_ways

if TYPE_CHECKING:
    from coverage_gis.network.model import Network

DEM = "dem"
READS = (DEM,)
"""Kinds of files this stage reads."""


def run(ctx: StageContext) -> StageResult:
    """Build one graph per mode from the OSM ways."""
    ways = load_ways(ctx)
    artifacts = {}
    counts: dict[str, Any] = {}
    sources: list[SourceUse] = []
    notes: list[str] = []
    for mode in (schema.WALK, schema.DRIVE):
        network = build(ways, ctx.settings.network, mode)
        if mode == schema.WALK and ctx.of_kind(DEM):
            network, sources, notes = _on_slopes(ctx, network)
        artifacts[mode] = network.to_arrays()
        counts[mode] = {
            "nodes": len(network.node_id),
            "segments": network.n_segments,
            "junctions": len(network.junction),
            "components": len(network.component_nodes),
            "length_km": round(network.length_m / 1000, 1),
        }
    headline = "; ".join(
        f"{mode} {c['nodes']:,} nodes, {c['length_km']:,.0f} km" for mode, c in counts.items()
    )
    return StageResult(
        artifacts=artifacts,
        counts={"headline": headline, **counts},
        sources=sources,
        notes=notes,
    )


def _on_slopes(ctx: StageContext, flat: Network) -> tuple[Network, list[SourceUse], list[str]]:
    """Return the walk network with times by gradient, the account of the DEM, and what to say."""
    found, slope = ctx.of_kind(DEM), ctx.settings.network.walk.slope
    if slope == "none":
        return flat, [], [f"Walking times are those on the flat: {found[0].label} is left aside."]
    result = heights_of(found, flat.lon, flat.lat)
    network = with_slope(flat, lambda *_: result.table)
    known = float(np.mean(~np.isnan(result.table)))
    note = (
        f"Walking times follow the slope of the road, uphill and downhill (Tobler 1993; heights "
        f"known for {known:.1%} of the nodes). Distances and paths are those without slope."
    )
    return network, sources_together(found, ctx.options.raw, result), [note]
