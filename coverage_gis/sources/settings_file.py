"""Settings from the files that come with the package and, over them, a user's own."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

from coverage_gis.errors import MissingInputError, SettingsError
from coverage_gis.settings import Settings, overlay, parse

if TYPE_CHECKING:
    from pathlib import Path

SHIPPED = ("services.toml", "presets.toml", "network.toml")


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
    tables = _user_tables(user_file)
    try:
        return parse(overlay(shipped, tables))
    except SettingsError as error:
        raise SettingsError(f"{user_file.name}: {error}") from error


def shipped_tables() -> dict[str, Any]:
    """Return the shipped settings as nested tables, before any user's are put over them."""
    folder = resources.files("coverage_gis") / "data"
    tables: dict[str, Any] = {}
    for name in SHIPPED:
        tables = overlay(tables, _parsed((folder / name).read_bytes(), name))
    return tables


def _user_tables(path: Path) -> dict[str, Any]:
    try:
        return _parsed(path.read_bytes(), path.name)
    except FileNotFoundError as error:
        raise MissingInputError(f"The settings file {path} does not exist.") from error
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read ({error.strerror}).") from error


def _parsed(data: bytes, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SettingsError(f"{name} is not UTF-8 text; save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not TOML: {error}.") from error
