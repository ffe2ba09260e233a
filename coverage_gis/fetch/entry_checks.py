"""What the keys of ``downloads.toml`` may hold, checked before anything is asked."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_PLACES = frozenset({"pref", "pref_number", "mesh1", "region", "date"})
_FILLED = re.compile(r"\{(\w*)\}")
# One path component that every system takes: no separators, no drive, nothing hidden.
SAFE_NAME = re.compile(r"[^\x00-\x1f/\\:*?\"<>|.][^\x00-\x1f/\\:*?\"<>|]{0,199}")


def typed(where: str, table: Mapping[str, Any], of: type[Any]) -> dict[str, Any]:
    """Return a table's values as the fields of a dataclass need them.

    Raises
    ------
    SettingsError
        For a key that is no field (``name`` is none), or a value of another type.
    """
    wanted = {f.name: str(f.type) for f in fields(of) if f.name != "name"}
    unknown = sorted(set(table) - set(wanted))
    if unknown:
        raise SettingsError(
            f"unknown key {where}.{unknown[0]}; known here: {', '.join(sorted(wanted))}."
        )
    return {key: _value(f"{where}.{key}", wanted[key], value) for key, value in table.items()}


def _value(where: str, kind: str, value: Any) -> Any:
    what, good = _KINDS[kind]
    if not good(value):
        raise SettingsError(f"{where} must be {what}, got {value!r}.")
    return tuple(value) if isinstance(value, list) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e9


_KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "str": ("a text", lambda v: isinstance(v, str)),
    "bool": ("true or false", lambda v: isinstance(v, bool)),
    "float": ("a number above 0", _is_number),
    "int": ("a whole number above 0", lambda v: _is_number(v) and isinstance(v, int)),
    "tuple[str, ...]": (
        "a list of texts",
        lambda v: isinstance(v, list) and all(isinstance(t, str) for t in v),
    ),
}


def check_choice(where: str, key: str, value: str, options: tuple[str, ...]) -> None:
    """Refuse a value that is none of the options (SettingsError)."""
    if value not in options:
        raise SettingsError(f"{where}.{key} must be one of {', '.join(options)}, got '{value}'.")


def check_addresses(where: str, addresses: Sequence[str]) -> None:
    """Refuse what is no http(s) address, or has unknown names in braces (SettingsError)."""
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme not in ("http", "https") or not parts.hostname or "{" in parts.netloc:
            raise SettingsError(
                f"{where}: '{address}' is not an address; write it as https://host/path."
            )
        _check_places(where, address)


def _check_places(where: str, pattern: str) -> None:
    for name in _FILLED.findall(pattern):
        if name not in _PLACES:
            raise SettingsError(
                f"{where}: '{pattern}' names {{{name}}}; known are "
                f"{', '.join('{' + p + '}' for p in sorted(_PLACES))}."
            )


def check_path(where: str, path: str) -> None:
    """Refuse a file or folder that could lie outside the raw-data folder (SettingsError)."""
    _check_places(where, path)
    plain = path.replace("*", "x").replace("{", "").replace("}", "")
    parts = plain.split("/") if where.endswith(".to") else [plain]
    if not all(SAFE_NAME.fullmatch(p) for p in parts):
        raise SettingsError(
            f"{where} '{path}' must be a plain name below the raw-data folder, without '..', a "
            "drive or characters that some systems refuse."
        )


def check_link(where: str, link: str) -> None:
    """Refuse what is no regular expression (SettingsError)."""
    try:
        re.compile(link)
    except re.error as error:
        raise SettingsError(f"{where}.link '{link}' is no regular expression ({error}).") from error
    if not link:
        raise SettingsError(f"{where}.link is missing: a regular expression for the links.")
