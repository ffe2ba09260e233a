"""Official numbers of stores by prefecture, as they come with the package."""

from __future__ import annotations

import io
from importlib import resources

import pandas as pd

from coverage_gis import schema

_FILE = "store_counts.csv"


def official_stores() -> pd.DataFrame:
    """Return ``pref_code, service, stores, year, source``; the file's head names the statistics."""
    text = (resources.files("coverage_gis") / "data" / _FILE).read_text(encoding="utf-8")
    text_columns = {schema.PREF_CODE: "str", schema.SERVICE: "str", "source": "str"}
    return pd.read_csv(io.StringIO(text), comment="#", dtype=text_columns)
