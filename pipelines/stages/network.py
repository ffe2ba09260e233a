"""Network: the walk and drive graphs of the prefecture and its margin."""

from __future__ import annotations

from coverage_gis import schema
from coverage_gis.network.build import build
from pipelines.stage import StageContext, StageResult
from pipelines.stages.osm import load_ways


def run(ctx: StageContext) -> StageResult:
    """Build one graph per mode from the OSM ways."""
    ways = load_ways(ctx)
    artifacts = {}
    counts = {}
    for mode in (schema.WALK, schema.DRIVE):
        network = build(ways, ctx.settings.network, mode)
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
    return StageResult(artifacts=artifacts, counts={"headline": headline, **counts})
