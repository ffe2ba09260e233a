"""Evacuation sites by the hazard they are designated for.

A site (指定緊急避難場所, 災害対策基本法 49条の4) is designated hazard by hazard: one to flee to
from an earthquake may lie where the flood goes. Each hazard is a service of its own, so that
distances, rates, tables and maps have it without more code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from coverage_gis import schema
from coverage_gis.facilities.merge import SEPARATOR

if TYPE_CHECKING:
    from collections.abc import Iterable

SITE: Final = "evacuation_site"
HAZARDS: Final = {
    "flood": "洪水",
    "landslide": "崖崩れ、土石流及び地滑り",
    "storm_surge": "高潮",
    "earthquake": "地震",
    "tsunami": "津波",
    "fire": "大規模な火事",
    "inland_flood": "内水氾濫",
    "volcano": "火山現象",
}
"""Hazard -> its column in GSI's file, in that order."""


def service_of(hazard: str) -> str:
    """Return the name of the service "evacuation site for this hazard"."""
    return f"evacuation_{hazard}"


def flagged(ids: pd.Series, flags: Iterable[tuple[str, pd.Series]]) -> pd.DataFrame:
    """Return ``source_id, hazard``, one row per id and hazard flagged for it.

    Parameters
    ----------
    ids
        Id of each row of a file.
    flags
        Hazard and, aligned with ``ids``, whether the row is good for it; a hazard may come
        twice (洪水 L1, L2): any of its flags counts.
    """
    rows = [pd.DataFrame({"source_id": ids[yes], "hazard": hazard}) for hazard, yes in flags]
    empty = pd.DataFrame({"source_id": pd.Series(dtype="str"), "hazard": pd.Series(dtype="str")})
    return pd.concat([empty, *rows]).drop_duplicates(ignore_index=True)


def with_hazards(table: pd.DataFrame, hazards: pd.DataFrame) -> pd.DataFrame:
    """Return ``table`` with a row more per evacuation site and hazard it is designated for.

    A place that several rows of the file describe is good for a hazard if any of them is.

    Parameters
    ----------
    table
        ``DESTINATIONS`` of any services.
    hazards
        From :func:`flagged`; its ids are those of ``source_ids``.

    Returns
    -------
    ``DESTINATIONS``; a site without a hazard stays, in the service "evacuation_site" alone.
    """
    sites = table[table[schema.SERVICE] == SITE]
    known = sites[schema.SOURCE_IDS].str.split(SEPARATOR, regex=False).explode()
    pairs = known.rename("source_id").rename_axis("row").reset_index().merge(hazards)
    pairs = pairs.drop_duplicates(["row", "hazard"])
    more = sites.loc[pairs["row"]].assign(
        **{schema.SERVICE: [service_of(h) for h in pairs["hazard"]]}
    )
    both = pd.concat([table, more]).sort_values([schema.SERVICE, schema.DESTINATION_ID])
    return schema.DESTINATIONS.conform(both)
