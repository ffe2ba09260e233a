"""What a run has to read: its own files, the country's, and its neighbours' boundaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from coverage_gis.fetch.entries import load_downloads
from coverage_gis.sources.inventory import scan_report

if TYPE_CHECKING:
    from coverage_gis.sources.found import Inventory
    from pipelines.stage import Options


def inventory_of(options: Options) -> Inventory:
    """Return what lies in the raw-data folder for a prefecture."""
    code = options.pref.code
    return scan_report(options.raw, code, neighbours_of(code))


def neighbours_of(pref_code: str) -> tuple[str, ...]:
    """Return the prefectures that share a border with one, as ``downloads.toml`` lists them."""
    return load_downloads().neighbours[pref_code]
