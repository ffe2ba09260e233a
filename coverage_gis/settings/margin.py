"""How far around its prefecture a run must read, and up to where its distances are exact."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import UNIT_M

if TYPE_CHECKING:
    from collections.abc import Iterator

    from coverage_gis.settings.model import Settings

_DRIVE: Final = "drive"
_MINUTE_S: Final = 60


def fastest_m_per_s(settings: Settings, mode: str) -> float:
    """Return the highest speed anybody reaches by a mode, in m/s; tags only ever lower it."""
    network = settings.network
    speeds = (
        network.drive.speed_m_per_s.values() if mode == _DRIVE else [network.walk.speed_m_per_s]
    )
    return max(*speeds, network.ferry_speed_m_per_s)


def exact_s(settings: Settings, mode: str) -> float:
    """Return the seconds up to which the quickest way is exact.

    In that time nobody gets beyond the margin, where neither roads nor facilities are known.
    """
    return settings.run.margin_m / fastest_m_per_s(settings, mode)


def check_margin(settings: Settings) -> None:
    """Refuse a margin that is smaller than the largest cutoff of a mode.

    Raises
    ------
    SettingsError
        If within some cutoff there may be something that was not read.
    """
    where, asked, need_m = max(_needs(settings), key=lambda need: need[2])
    if settings.run.margin_m < need_m * (1 - 1e-9):
        raise SettingsError(
            f"Settings: run.margin_km is {settings.run.margin_m / 1000:g}, but {where} looks "
            f"{asked} far, which may be {need_m / 1000:g} km; make margin_km that large, or the "
            "cutoff smaller."
        )


def _medical_needs(settings: Settings) -> Iterator[tuple[str, str, float]]:
    """Yield how far catchments and the search for doctors look from the prefecture's places.

    People who share a facility of the margin from further out are not read (docs/japan.md).
    """
    for preset in settings.medical.catchments.values():
        name, minutes = f"floating_catchment.{preset.name}", max(preset.limits_s) / _MINUTE_S
        fastest = fastest_m_per_s(settings, preset.mode)
        yield name, f"{minutes:g} min ({preset.mode})", max(preset.limits_s) * fastest
        yield name, f"{max(preset.limits_m):g} m", max(preset.limits_m)
    doctorless = settings.medical.doctorless
    most = max(doctorless.radius_m, doctorless.stop_m)
    yield "doctorless", f"{most:g} m", most


def _needs(settings: Settings) -> Iterator[tuple[str, str, float]]:
    """Yield what looks how far: its name, as it is written, and metres."""
    for preset in settings.coverage_presets.values():
        for rule in preset.rules:
            most = max(rule.cutoffs)
            asked = f"{most:g} {rule.unit} ({rule.mode})"
            if rule.unit == UNIT_M:
                yield f"coverage.{preset.name}", asked, most
            else:
                yield (
                    f"coverage.{preset.name}",
                    asked,
                    most * _MINUTE_S * fastest_m_per_s(settings, rule.mode),
                )
    yield from _medical_needs(settings)
    shelters = settings.shelters
    yield "shelters.reach_m", f"{shelters.reach_m:g} m", shelters.reach_m
    for vacuum in settings.vacuum_presets.values():
        most = max(vacuum.rail_m, vacuum.bus_m)
        yield f"vacuum.{vacuum.name}", f"{most:g} m", most
    measures = settings.measures
    for daily in measures.daily_services.values():
        most = max(reach.cutoff_m for part in daily.parts for reach in part.any_of)
        yield f"daily_services.{daily.name}", f"{most:g} m", most
    yield "food_access", f"{measures.food_access.radius_m:g} m", measures.food_access.radius_m
    most = max(measures.choice.cutoffs_m)
    yield "choice.cutoffs_m", f"{most:g} m", most
