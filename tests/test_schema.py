"""Tables: what conforms comes through in order, what does not is named."""

from __future__ import annotations

import pandas as pd
import pytest

from coverage_gis.errors import SchemaError
from coverage_gis.schema import Column, Table

TABLE = Table(
    "things",
    (
        Column("id", "str", "which"),
        Column("people", "float", "who", nullable=True),
        Column("trips", "count", "how often", nullable=True, optional=True),
        Column("year", "int", "when"),
    ),
    ("id", "year"),
)
GOOD = {"year": [2020, 2025], "id": ["a", "a"], "people": [1, None], "more": [0, 0]}


def test_columns_come_in_order_with_their_types_and_no_others() -> None:
    out = TABLE.conform(pd.DataFrame(GOOD, index=[7, 7]))
    assert list(out) == TABLE.names == ["id", "people", "trips", "year"]
    assert [str(t) for t in out.dtypes] == [str(t) for t in TABLE.empty().dtypes]
    assert out.index.tolist() == [0, 1]
    assert out["trips"].isna().all()
    assert TABLE.conform(TABLE.empty()).empty


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"people": None}, r"things lacks the column\(s\) people"),
        ({"id": ["a", None]}, r"column id is empty in 1 row"),
        ({"people": ["many", "few"]}, r"column people is not float"),
        ({"trips": [0.5, 1.0]}, r"column trips is not count"),
        ({"year": [2020, 2020]}, r"repeats the key a, 2020\."),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, object], sentence: str) -> None:
    given = {name: values for name, values in (GOOD | change).items() if values is not None}
    with pytest.raises(SchemaError, match=sentence):
        TABLE.conform(pd.DataFrame(given))
