"""Settings from the files that come with the package and, over them, a user's own."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from coverage_gis.errors import MissingInputError, SettingsError
from coverage_gis.settings import Settings, overlay, parse

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = (
    "services.toml", "presets.toml", "measures.toml", "shelters.toml", "medical.toml",
    "outlook.toml", "network.toml",
)  # fmt: skip
ELSEWHERE = ("fetch", "downloads", "regions", "neighbours")
"""Tables of a user's file that ``fetch/entries.py`` reads."""


def load_settings(user_file: Path | None = None) -> Settings:
    """Return the settings of a run.

    Parameters
    ----------
    user_file
        A TOML file with the keys to change or add, such as ``[services.library]``; everything
        it leaves out is as shipped.

    Raises
    ------
    MissingInputError
        If the user's file does not exist.
    SettingsError
        If a file is no TOML (the message says in which line) or a key is unknown or impossible.
    """
    shipped = shipped_tables()
    if user_file is None:
        return parse(shipped)
    tables = {k: v for k, v in user_tables(user_file).items() if k not in ELSEWHERE}
    _check_presets(shipped, tables, user_file.name)
    try:
        return parse(overlay(shipped, tables))
    except SettingsError as error:
        raise SettingsError(f"{user_file.name}: {error}") from error


def _check_presets(shipped: dict[str, Any], mine: dict[str, Any], name: str) -> None:
    """Refuse to give other numbers to a published definition under its name."""
    for table in ("coverage", "vacuum"):
        presets = mine.get(table)
        for preset, values in presets.items() if isinstance(presets, dict) else ():
            known = shipped.get(table, {}).get(preset)
            if known is None or not isinstance(values, dict) or "source" in values:
                continue
            if any(known.get(key) != value for key, value in values.items()):
                raise SettingsError(
                    f"{name}: [{table}.{preset}] is a published definition; give your own numbers "
                    f"a name of their own ([{table}.our-city] with label_ja and source), or state "
                    "their source and label_ja here."
                )


def shipped_tables() -> dict[str, Any]:
    """Return the shipped settings as nested tables, before any user's are put over them."""
    folder = resources.files("coverage_gis") / "data"
    tables: dict[str, Any] = {}
    for name in SHIPPED:
        tables = overlay(tables, parsed((folder / name).read_bytes(), name))
    return tables


def user_tables(path: Path) -> dict[str, Any]:
    """Return a settings file's tables as they are, unchecked.

    Raises
    ------
    MissingInputError
        If it does not exist.
    SettingsError
        If it is no TOML.
    """
    try:
        return parsed(path.read_bytes(), path.name)
    except FileNotFoundError as error:
        raise MissingInputError(f"The settings file {path} does not exist.") from error
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read ({error.strerror}).") from error


def parsed(data: bytes, name: str) -> dict[str, Any]:
    """Return the tables of a TOML file, given its bytes.

    Raises
    ------
    SettingsError
        If it is no TOML (the message says in which line).
    """
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} is not UTF-8 text; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not TOML: {error}.") from error
