"""The stages of a run, in order. This table is the table of contents of ``make coverage``."""

from __future__ import annotations

from coverage_gis.sources.catalogue import catalogue
from pipelines.inputs import neighbours_of
from pipelines.stage import Options, Stage
from pipelines.stages import (
    access,
    catchments,
    coverage,
    departures,
    destinations,
    export,
    maps,
    measures,
    medical,
    network,
    origins,
    osm,
    shelters,
    vacuum,
    vacuum_files,
    workbook,
)

_COMPUTED = (
    "origins", "osm", "departures", "destinations", "network", "access", "coverage", "vacuum",
    "shelters", "medical", "catchments",
)  # fmt: skip
_ALL_RESULTS = (*_COMPUTED, "measures")
_SUPPLY = {"shelters", "medical", "catchments"}
_WITHOUT_SUPPLY = tuple(name for name in _COMPUTED if name not in _SUPPLY)

STAGES: tuple[Stage, ...] = (
    Stage(
        name="origins",
        run=origins.run,
        needs=(),
        reads=origins.READS,
        uses=lambda s, o: (
            o.pref.code,
            o.mesh_level,
            s.run.margin_m,
            neighbours_of(o.pref.code),
        ),
    ),
    Stage(
        name="osm",
        run=osm.run,
        needs=("origins",),
        reads=osm.READS,
        uses=lambda s, _: (s.services, s.network, s.place_names, s.run.margin_m),
    ),
    Stage(
        name="departures",
        run=departures.run,
        needs=(),
        reads=("gtfs",),
        uses=lambda s, o: (
            o.service_date.isoformat() if o.service_date else None,
            s.run.same_stop_m,
        ),
    ),
    Stage(
        name="destinations",
        run=destinations.run,
        needs=("origins", "osm", "departures"),
        reads=destinations.READS,
        uses=lambda s, _: (s.services, s.run.margin_m, s.run.same_stop_m),
    ),
    Stage(
        name="network",
        run=network.run,
        needs=("osm",),
        reads=network.READS,
        uses=lambda s, _: s.network,
        only_by_road=True,
    ),
    Stage(
        name="access",
        run=access.run,
        needs=("origins", "destinations", "network"),
        reads=(),
        uses=lambda s, o: (
            s.services,
            s.network,
            s.run.subpoint_spacing_m,
            s.run.margin_m,
            s.run.same_stop_m,
            o.by_road,
        ),
    ),
    Stage(
        name="coverage",
        run=coverage.run,
        needs=("origins", "destinations", "access"),
        reads=(),
        uses=lambda s, o: (
            s.coverage_presets,
            s.services,
            s.run.covered_by,
            s.outlook,
            o.pref,
            s.network.walk.speed_m_per_s,
            dict(s.network.walk.walkers),
        ),
    ),
    Stage(
        name="vacuum",
        run=vacuum.run,
        needs=("origins", "osm", "destinations", "network", "departures", "access"),
        reads=("zone", "small-area"),
        uses=lambda s, o: (
            s.vacuum_presets,
            s.service_quality,
            s.priority,
            s.place_names,
            s.network,
            s.services,
            s.run.default_vacuum_preset,
            o.by_road,
        ),
    ),
    Stage(
        name="catchments",
        run=catchments.run,
        needs=("origins", "destinations", "network"),
        reads=(),
        uses=lambda s, o: (
            s.medical,
            s.services,
            s.network,
            s.run.same_stop_m,
            o.pref,
            o.by_road,
        ),
    ),
    Stage(
        name="medical",
        run=medical.run,
        needs=("origins", "departures", "destinations", "access", "vacuum"),
        reads=(),
        uses=lambda s, o: (
            s.medical,
            s.services,
            s.service_quality.same_station_m,
            o.pref,
            o.by_road,
        ),
    ),
    Stage(
        name="measures",
        run=measures.run,
        needs=_WITHOUT_SUPPLY,
        reads=(),
        uses=lambda s, o: (s, o.pref, o.by_road, dict(catalogue())),
    ),
    Stage(
        name="shelters",
        run=shelters.run,
        needs=("origins", "destinations", "network", "access"),
        reads=shelters.READS,
        uses=lambda s, o: (s.shelters, s.network, o.pref, o.by_road),
    ),
    Stage(
        name="vacuum_files",
        run=vacuum_files.run,
        needs=_WITHOUT_SUPPLY,
        reads=(),
        uses=lambda s, o: (s, o.pref, o.by_road, o.encoding, o.plane, o.unread, dict(catalogue())),
    ),
    Stage(
        name="maps",
        run=maps.run,
        needs=_ALL_RESULTS,
        reads=(),
        uses=lambda s, o: (s, o.pref, o.by_road, o.unread, dict(catalogue())),
    ),
    Stage(
        name="workbook",
        run=workbook.run,
        needs=_ALL_RESULTS,
        reads=(),
        uses=lambda s, o: (s, o.pref, o.by_road, o.unread, dict(catalogue())),
    ),
    Stage(
        name="export",
        run=export.run,
        needs=_ALL_RESULTS,
        reads=(),
        uses=lambda s, o: (s, o.pref, o.by_road, o.encoding, o.plane, o.unread, dict(catalogue())),
    ),
)
"""What is made, from what, and what makes it out of date."""


def stages_for(options: Options, *, osm_present: bool) -> list[Stage]:
    """Return the stages of a run, in order.

    Without OpenStreetMap there is nothing for the stage ``osm`` to read; a run by straight
    lines alone needs no network.
    """
    skipped = set()
    if not osm_present:
        skipped.add("osm")
    return [s for s in STAGES if s.name not in skipped and (options.by_road or not s.only_by_road)]
