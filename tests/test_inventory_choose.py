"""Which of several data sets a run uses."""

from __future__ import annotations

from pathlib import Path

import pytest

from coverage_gis.errors import InputError, MissingInputError
from coverage_gis.sources.choose import without_older
from coverage_gis.sources.found import Found
from coverage_gis.sources.inventory import choose_boundaries, choose_population


def population(name, **detail):
    edition = detail.get("year", "")
    base = {"level": "500m", "table": "T001141", "extent": "prefecture"}
    return Found(Path(name), None, "estat-mesh", edition, base | detail)


NEW = population("new", year="2020", datum="JGD2011", pref="16", code="16")
OLD = population("old", year="2015", level="250m", table="T000876", pref="16", code="16")
FINE = population(
    *("fine",), year="2020", datum="JGD2011", level="250m", table="T001142", pref="16", code="16"
)
DATUM = population("datum", year="2020", datum="JGD2000", table="T001101", pref="16", code="16")
PART_1, PART_2 = (
    population(name, year="2020", datum="JGD2011", extent="primary-mesh", code=code)
    for name, code in (("p1", "5437"), ("p2", "5438"))
)
OTHER = population("other", year="2020", datum="JGD2011", pref="17", code="17")
CSV = Found(Path("people.csv"), None, "mesh-csv", "", {"level": "125m", "extent": "unknown"})


@pytest.mark.parametrize(
    ("there", "level", "chosen"),
    [
        ([NEW, OLD], None, [NEW]),
        ([NEW, FINE], None, [FINE]),
        ([NEW, FINE], "500m", [NEW]),
        ([DATUM, NEW], None, [NEW]),
        ([PART_1, NEW, PART_2], None, [NEW]),
        ([PART_2, PART_1, DATUM], None, [PART_1, PART_2]),
        ([OTHER, NEW], None, [NEW]),
        ([CSV, NEW], None, [NEW]),
        ([CSV], None, [CSV]),
    ],
)
def test_one_population_per_run(there, level, chosen):
    for founds in (there, there[::-1]):
        choice = choose_population(founds, level, "16")
        assert list(choice.found) == chosen
        assert choice.by_prefecture == (chosen[0].detail["extent"] == "prefecture")
        left = [f for f in there if f not in chosen]
        assert all(f.label in choice.aside for f in left)
        assert bool(choice.aside) == bool(left)


def test_a_file_downloaded_twice_counts_once():
    again = Found(Path("new (1)"), None, NEW.kind, NEW.edition, NEW.detail)
    assert list(choose_population([again, NEW]).found) == [NEW]


def test_no_population_is_a_sentence():
    with pytest.raises(MissingInputError, match="No population"):
        choose_population([], None, "16")
    with pytest.raises(MissingInputError, match="250m was found, only 500m"):
        choose_population([NEW], "250m", "16")
    with pytest.raises(MissingInputError, match="No population"):
        choose_population([OTHER], None, "16")
    with pytest.raises(InputError, match="is not a mesh level"):
        choose_population([NEW], "2km", "16")


def test_the_newest_boundaries_and_editions():
    def layer(name, kind, **detail):
        return Found(Path(name), None, kind, "", detail)

    n03 = [
        layer("a", "n03", year="2021", pref="16"),
        layer("b", "n03", year="2025", pref="16"),
        layer("c", "n03", year="2025"),
        layer("d", "n03", year="2026", pref="17"),
    ]
    assert [f.label for f in choose_boundaries(n03, "16").found] == ["b"]
    with pytest.raises(MissingInputError, match="N03"):
        choose_boundaries(n03[:2], "18")
    p04 = [
        layer("a", "p04", year="2014", pref="16"),
        layer("b", "p04", year="2020", pref="16"),
        layer("c", "p04", year="2014", pref="17"),
    ]
    assert [f.label for f in without_older(p04).found] == ["b", "c"]
