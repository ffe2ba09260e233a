"""Typed access to nested mappings, with errors that say which key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coverage_gis.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Reader:
    """Typed access to a mapping, with errors that say which key."""

    def __init__(self, data: Any, path: str) -> None:
        if not isinstance(data, dict):
            raise SettingsError(f"Settings: [{path}] must be a table.")
        self._data: dict[str, Any] = data
        self._path = path

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def sub(self, key: str) -> Reader:
        """Return the table below ``key``."""
        if key not in self._data:
            raise SettingsError(f"Settings: the table [{self._where(key)}] is missing.")
        return Reader(self._data[key], self._where(key))

    def subs(self, key: str) -> list[Reader]:
        """Return the list of tables below ``key``."""
        values = self._data.get(key)
        if not isinstance(values, list):
            raise SettingsError(f"Settings: {self._where(key)} must be a list of tables.")
        return [Reader(v, f"{self._where(key)}[{i}]") for i, v in enumerate(values)]

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text."""
        value = self._data.get(key, default)
        if not isinstance(value, str):
            raise SettingsError(f"Settings: {self._where(key)} must be a text, got {value!r}.")
        return value

    def number(self, key: str, *, above: float = 0) -> float:
        """Return a number above ``above``."""
        return self._number(key, self._data.get(key), above)

    def optional(self, key: str) -> float | None:
        """Return a number, or None where the key is missing."""
        return self.number(key) if key in self._data else None

    def numbers(self, key: str) -> tuple[float, ...]:
        """Return one or more numbers."""
        values = self._data.get(key)
        if not isinstance(values, list) or not values:
            raise SettingsError(f"Settings: {self._where(key)} must be a list of numbers.")
        return tuple(self._number(key, v, 0) for v in values)

    def _number(self, key: str, value: Any, above: float) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > above:
            raise SettingsError(
                f"Settings: {self._where(key)} must be a number above {above:g}, got {value!r}."
            )
        return float(value)

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self._data.get(key, default)
        if not isinstance(value, (list, tuple)) or not all(isinstance(v, str) for v in value):
            raise SettingsError(f"Settings: {self._where(key)} must be a list of texts.")
        return tuple(value)

    def tags(self, key: str) -> tuple[tuple[str, str], ...]:
        """Return OpenStreetMap tags written as "key=value"."""
        pairs = [t.partition("=") for t in self.texts(key, ())]
        for name, equals, value in pairs:
            if not (name and equals and value):
                raise SettingsError(
                    f"Settings: {self._where(key)} needs tags such as 'shop=supermarket', "
                    f"got '{name}{equals}{value}'."
                )
        return tuple((name, value) for name, _, value in pairs)

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        """Return a text that is one of ``options``."""
        value = self.text(key)
        if value not in options:
            raise SettingsError(
                f"Settings: {self._where(key)} must be one of {', '.join(options)}, got '{value}'."
            )
        return value

    def choices(
        self, key: str, options: tuple[str, ...], default: tuple[str, ...] | None = None
    ) -> tuple[str, ...]:
        """Return texts that are all of ``options``, at least one."""
        values = self.texts(key, default)
        bad = [v for v in values if v not in options]
        if bad or not values:
            raise SettingsError(
                f"Settings: {self._where(key)} takes {', '.join(options)}, got {list(values)}."
            )
        return values

    def only(self, *known: str) -> None:
        """Refuse keys that are not ``known``."""
        unknown = sorted(set(self._data) - set(known))
        if unknown:
            raise SettingsError(
                f"Settings: unknown key {self._where(unknown[0])}; "
                f"known here: {', '.join(sorted(known))}."
            )

    def _where(self, key: str) -> str:
        return f"{self._path}.{key}" if self._path else key
