"""Which of several data sets a run uses, so that nothing is counted twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from coverage_gis.codes import mesh
from coverage_gis.errors import MissingInputError
from coverage_gis.sources.archive import split_member
from coverage_gis.sources.recognise_text import EXTENT_PREFECTURE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from coverage_gis.sources.found import Found

POPULATION_KINDS = ("estat-mesh", "mesh-csv")
_KSJ_KINDS = ("n03", "n02", "p04", "p11")
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
    return Choice((best,), True, _aside(there, (best,), "boundaries"))


def choose_newest(founds: Iterable[Found], kind: str) -> Choice:
    """Return the newest edition of a KSJ facility layer, prefecture by prefecture.

    Files of neighbouring prefectures stay: their facilities count across the border.
    """
    there = sorted((f for f in founds if f.kind == kind), key=lambda f: f.sort_key)
    newest: dict[str, str] = {}
    for found in there:
        pref, year = found.detail.get("pref", ""), found.detail.get("year", "")
        newest[pref] = max(newest.get(pref, ""), year)
    kept = tuple(f for f in there if f.detail.get("year", "") == newest[f.detail.get("pref", "")])
    return Choice(kept, aside=_aside(there, kept, kind.upper()))


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
    return kept, aside


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
