"""Years to come, support population, sensitivity."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.errors import SettingsError
from coverage_gis.settings.model import Outlook, Sensitivity, Support

if TYPE_CHECKING:
    from coverage_gis.settings.reader import Reader


def outlook(r: Reader) -> Outlook:
    """Return which years to come are computed and shown."""
    r.only("label_ja", "source", "years", "shown")
    years = tuple(int(y) for y in r.numbers("years"))
    shown = tuple(int(y) for y in r.numbers("shown"))
    if list(years) != sorted(set(years)):
        raise SettingsError("Settings: outlook.years must rise.")
    if not set(shown) <= set(years):
        raise SettingsError("Settings: outlook.shown must be years of outlook.years.")
    return Outlook(r.text("label_ja"), r.text("source"), years, shown)


def support(r: Reader) -> Support:
    """Return the people below whom a facility is marked, by service."""
    r.only("label_ja", "source", "people")
    people = r.sub("people")
    return Support(
        r.text("label_ja"),
        r.text("source"),
        {name: people.number(name) for name in people},
    )


def sensitivity(r: Reader) -> Sensitivity:
    """Return how many stores fewer and more, and by how many draws."""
    r.only("label_ja", "source", "share", "draws", "seed")
    share, draws = r.number("share"), r.number("draws")
    if share >= 1:
        raise SettingsError("Settings: sensitivity.share is a share below 1, such as 0.1.")
    if draws != int(draws):
        raise SettingsError("Settings: sensitivity.draws must be a whole number.")
    return Sensitivity(
        r.text("label_ja"), r.text("source"), share, int(draws), int(r.number("seed", above=-1))
    )
