"""Room in shelters and the Sphere standards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader


@dataclass(frozen=True)
class Sphere:
    """What a person in a shelter needs, with its source; people per toilet and bath."""

    label_ja: str
    source: str
    area_m2_per_person: float
    people_per_toilet_onset: float
    people_per_toilet_midterm: float
    people_per_bath: float


@dataclass(frozen=True)
class ShelterSettings:
    """How people are assigned to shelters; see ``shelters.toml``.

    Attributes
    ----------
    service
        The service that is stayed in.
    reach_m
        Longest way on foot, inclusive.
    spacing_m
        Greatest distance between the points that people start from.
    evacuating_shares
        Shares of the residents who come, above 0 and at most 1; the first is the main one.
    climb_m
        People climb whose shelter lies more than this above their home.
    """

    label_ja: str
    source: str
    service: str
    reach_m: float
    spacing_m: float
    evacuating_shares: tuple[float, ...]
    climb_m: float
    sphere: Sphere


def shelter_settings(r: Reader) -> ShelterSettings:
    """Return the rules of ``[shelters]``."""
    r.only(
        "label_ja", "source", "service", "reach_m", "spacing_m", "evacuating_shares", "climb_m",
        "sphere",
    )  # fmt: skip
    shares = r.numbers("evacuating_shares")
    if max(shares) > 1 or len(set(shares)) < len(shares):
        raise SettingsError(
            "Settings: shelters.evacuating_shares are different shares above 0 and at most 1, got "
            f"{list(shares)}."
        )
    sphere = r.sub("sphere")
    sphere.only(
        "label_ja", "source", "area_m2_per_person", "people_per_toilet_onset",
        "people_per_toilet_midterm", "people_per_bath",
    )  # fmt: skip
    return ShelterSettings(
        r.text("label_ja"),
        r.text("source"),
        r.text("service"),
        r.number("reach_m"),
        r.number("spacing_m"),
        shares,
        r.number("climb_m"),
        Sphere(
            sphere.text("label_ja"),
            sphere.text("source"),
            sphere.number("area_m2_per_person"),
            sphere.number("people_per_toilet_onset"),
            sphere.number("people_per_toilet_midterm"),
            sphere.number("people_per_bath"),
        ),
    )
