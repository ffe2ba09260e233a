"""Network profiles and what a run reads around its border."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.settings.model import (
    DriveProfile,
    MapGaps,
    NetworkSettings,
    RunSettings,
    WalkProfile,
)

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader

SLOPES = ("tobler", "none")


def network(r: Reader) -> NetworkSettings:
    """Return ``[network]`` in SI units."""
    r.only("walk", "drive", "ferry", "snap")
    walk, drive, snap = r.sub("walk"), r.sub("drive"), r.sub("snap")
    walk.only(
        "minimise",
        "speed_m_per_min",
        "walkers",
        "slope",
        "highway",
        "access_keys",
        "closed_if",
        "forbidden",
    )
    drive.only("minimise", "speed_km_per_h", "access_keys", "closed_if", "forbidden")
    snap.only("beyond_half_diagonal_m", "facility_limit_m", "gap_component_m", "gap_m", "never")
    # Decisions of the design, written in the file so that they can be read there.
    walk.choice("minimise", ("distance",))
    drive.choice("minimise", ("time",))
    speeds, walkers = drive.sub("speed_km_per_h"), walk.sub("walkers")
    return NetworkSettings(
        walk=WalkProfile(
            speed_m_per_s=walk.number("speed_m_per_min") / 60,
            walkers={name: walkers.number(name) / 60 for name in walkers},
            slope=walk.choice("slope", SLOPES),
            highway=frozenset(walk.texts("highway")),
            access_keys=walk.texts("access_keys"),
            closed_if=frozenset(walk.tags("closed_if")),
            forbidden=frozenset(walk.texts("forbidden")),
        ),
        drive=DriveProfile(
            speed_m_per_s={k: speeds.number(k) / 3.6 for k in speeds},
            access_keys=drive.texts("access_keys"),
            closed_if=frozenset(drive.tags("closed_if")),
            forbidden=frozenset(drive.texts("forbidden")),
        ),
        ferry_speed_m_per_s=r.sub("ferry").number("speed_km_per_h") / 3.6,
        snap_beyond_half_diagonal_m=snap.number("beyond_half_diagonal_m"),
        snap_facility_limit_m=snap.number("facility_limit_m"),
        gaps=MapGaps(snap.number("gap_component_m", above=-1), snap.number("gap_m")),
        snap_never=frozenset(snap.texts("never")),
    )


def run(r: Reader) -> RunSettings:
    """Return ``[run]`` in SI units."""
    r.only(
        "margin_km",
        "subpoint_spacing_m",
        "covered_by",
        "default_vacuum_preset",
        "summary_service",
        "summary_preset",
        "same_stop_m",
    )
    return RunSettings(
        margin_m=r.number("margin_km") * 1000,
        subpoint_spacing_m=r.number("subpoint_spacing_m"),
        covered_by=r.choice("covered_by", ("subpoints", "centroid")),
        default_vacuum_preset=r.text("default_vacuum_preset"),
        summary_service=r.text("summary_service"),
        summary_preset=r.text("summary_preset"),
        same_stop_m=r.number("same_stop_m"),
    )
