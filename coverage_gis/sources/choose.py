"""Which of several data sets a run uses, so that nothing is counted twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.codes import mesh
from coverage_gis.errors import MissingInputError
from coverage_gis.sources import ksj_gml
from coverage_gis.sources.archive import split_member
from coverage_gis.sources.recognise_text import EXTENT_PREFECTURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coverage_gis.sources.found import Found

POPULATION_KINDS = ("estat-mesh", "mesh-csv")
FUTURE_KIND = "mesh-future"
_KSJ_KINDS = (
    *("n03", "n02", "p04", "p11", "s12", "p14", "p20", "p29", "p30", "a38"),
    FUTURE_KIND,
    "small-area",
)
_LEVELS = [level.label for level in mesh.POPULATION_LEVELS]  # coarse to fine


@dataclass(frozen=True)
class Choice:
    """Data sets to read, and a sentence on what was left aside ("" if nothing).

    Attributes
    ----------
    found
        Data sets of one kind, edition and mesh level.
    by_prefecture
        Whether a population file holds one prefecture's people only.
    aside
        What else was there and is not read.
    """

    found: tuple[Found, ...]
    by_prefecture: bool = False
    aside: str = ""


def choose_population(
    founds: Iterable[Found], level: str | None = None, pref_code: str | None = None
) -> Choice:
    """Return the one set of population files a run reads.

    The named mesh level, else the newest edition, then the finest level; of the same edition
    and level JGD2011 goes before JGD2000 and a file by prefecture before files by primary mesh.
    A file in twice (zipped and not, downloaded again) counts once.

    Parameters
    ----------
    founds
        All that was found.
    level
        "1km", "500m", "250m" or "125m".
    pref_code
        Files of other prefectures are left aside; by default every prefecture's are taken.

    Raises
    ------
    MissingInputError
        If there is no population, or none of that level; the message says what there is.
    InputError
        If ``level`` is not a mesh level.
    """
    there = [f for f in founds if f.kind in POPULATION_KINDS]
    fitting = [
        f for f in there if pref_code is None or f.detail.get("pref", pref_code) == pref_code
    ]
    if level is not None:
        wanted = mesh.level_by_label(level).label
        levels = sorted({f.detail.get("level", "") for f in fitting} - {""}, key=_fineness)
        fitting = [f for f in fitting if f.detail.get("level") == wanted]
        if not fitting and levels:
            raise MissingInputError(
                f"No population of mesh level {wanted} was found, only {', '.join(levels)}."
            )
    if not fitting:
        raise MissingInputError("No population file was found.")
    best = max(map(_population_rank, fitting))
    chosen: dict[object, Found] = {}
    for found in sorted(fitting, key=lambda f: f.sort_key):
        if _population_rank(found) == best:
            chosen.setdefault(_same_file(found), found)
    kept = tuple(chosen.values())
    return Choice(
        kept,
        all(f.detail.get("extent") == EXTENT_PREFECTURE for f in kept),
        _aside(there, kept, "population"),
    )


def choose_boundaries(founds: Iterable[Found], pref_code: str) -> Choice:
    """Return the newest N03 file with the prefecture: its own, or the country's.

    Raises
    ------
    MissingInputError
        If there is none.
    """
    there = [f for f in founds if f.kind == "n03"]
    fitting = [f for f in there if f.detail.get("pref", pref_code) == pref_code]
    if not fitting:
        raise MissingInputError("No municipality boundaries (N03) were found.")
    best = max(
        sorted(fitting, key=lambda f: f.sort_key),
        key=lambda f: (f.detail.get("year", ""), "pref" in f.detail),
    )
    return Choice((best,), True, _aside(fitting, (best,), "boundaries"))


def without_older(founds: Iterable[Found]) -> Choice:
    """Return the files of a kind without those that a newer edition replaces.

    A file is replaced by a newer one of the same prefecture, class of institution and care
    service, or by a newer one of the whole country. Files of neighbouring prefectures stay.
    """
    there = sorted(founds, key=lambda f: f.sort_key)
    kept = tuple(f for f in there if not any(_replaces(other, f) for other in there))
    return Choice(kept, aside=_aside(there, kept, there[0].kind.upper() if there else ""))


def _replaces(newer: Found, older: Found) -> bool:
    mine, its = newer.detail, older.detail
    same = all(mine.get(key, "") == its.get(key, "") for key in ("class", "code"))
    place = mine.get("pref", "") in ("", its.get("pref", ""))
    edition = (mine.get("year", ""), newer.edition), (its.get("year", ""), older.edition)
    return same and place and edition[0] > edition[1]


def choose_future(founds: Iterable[Found], pref_code: str, level: str) -> Choice:
    """Return the prefecture's files of future population: of the newest edition.

    Of its levels the run's own, or the finest.

    Parameters
    ----------
    founds
        All that was found.
    pref_code
        Files named as another prefecture's are left aside.
    level
        The run's mesh level.
    """
    there = [f for f in founds if f.kind == FUTURE_KIND]
    fitting = [f for f in there if f.detail.get("pref", pref_code) == pref_code]

    def rank(found: Found) -> tuple[str, bool, int]:
        its = found.detail.get("level", "")
        return (found.detail.get("year", ""), its == level, _fineness(its))

    best = max(map(rank, fitting), default=None)
    kept = tuple(sorted((f for f in fitting if rank(f) == best), key=lambda f: f.sort_key))
    return Choice(kept, aside=_aside(there, kept, "future population"))


def choose_raster(founds: Iterable[Found]) -> Choice:
    """Return the raster of people of the latest year."""
    there = sorted(founds, key=lambda f: f.sort_key)
    best = max(there, key=lambda f: f.detail.get("year", ""))
    return Choice((best,), aside=_aside(there, (best,), "population raster"))


def one_per_layer(founds: Sequence[Found]) -> tuple[list[Found], list[str]]:
    """Return data sets with every KSJ layer once, and sentences on copies in other files.

    KSJ publishes each layer as shapefile and GeoJSON in one zip, the shapefile in CP932 and in
    UTF-8; users keep both the zip and what they unpacked. GeoJSON is preferred, then UTF-8.
    Layers are the same that have the same name.
    """
    kept: list[Found] = [f for f in founds if f.kind not in _KSJ_KINDS]
    layers: dict[tuple[str, str], list[Found]] = {}
    for found in founds:
        if found.kind in _KSJ_KINDS:
            layers.setdefault((found.kind, _stem(found)), []).append(found)
    aside = []
    for copies in layers.values():
        best, *others = sorted(copies, key=_layer_rank)
        kept.append(best)
        aside += [
            f"{other.label} is the same layer as {best.label} and is left aside."
            for other in others
            if (other.path.parent, other.path.stem) != (best.path.parent, best.path.stem)
        ]
    # GML has other names than the layers beside it, and is read only for want of them.
    editions = {_edition_key(f) for f in kept if not _is_gml(f)}
    return [f for f in kept if not (_is_gml(f) and _edition_key(f) in editions)], aside


def _is_gml(found: Found) -> bool:
    return found.kind in ksj_gml.KINDS and _inner_name(found).lower().endswith(ksj_gml.SUFFIXES)


def _edition_key(found: Found) -> tuple[str, str, str]:
    return found.kind, found.detail.get("year", ""), found.detail.get("pref", "")


def _stem(found: Found) -> str:
    return PurePosixPath(_inner_name(found)).stem.lower()


def _inner_name(found: Found) -> str:
    return split_member(found.member)[1] if found.member else found.path.name


def _layer_rank(found: Found) -> tuple[bool, bool, bool, tuple[str, str, str, str]]:
    whole = f"{found.path}/{found.member or ''}".lower()
    return (
        _inner_name(found).lower().endswith(".shp"),
        "utf-8" not in whole and "utf8" not in whole,
        found.member is not None,
        found.sort_key,
    )


def _fineness(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else -1


def _population_rank(found: Found) -> tuple[str, int, int, bool, bool, str]:
    """Higher is better; equal for files that belong together."""
    detail = found.detail
    return (
        found.edition,
        _fineness(detail.get("level", "")),
        {"JGD2011": 2, "": 1}.get(detail.get("datum", ""), 0),
        found.kind == "estat-mesh",
        detail.get("extent") == EXTENT_PREFECTURE,
        detail.get("table", ""),
    )


def _same_file(found: Found) -> object:
    """Return what two copies of one file have in common."""
    code = found.detail.get("code", "")
    return (found.detail["table"], code) if code else found.sort_key


def _aside(there: Iterable[Found], kept: Sequence[Found], what: str) -> str:
    others = [f.label for f in sorted(there, key=lambda f: f.sort_key) if f not in kept]
    if not others:
        return ""
    return f"Of several {what} files {_names(kept)} is read, not {', '.join(others)}."


def _names(founds: Sequence[Found]) -> str:
    return ", ".join(f.label for f in founds)
