"""Errors whose message is one sentence a user can act on.

Each also inherits the builtin that a Python caller would expect to catch. The
command line prints ``str(error)`` and nothing else, unless ``--debug`` is given.
"""

from __future__ import annotations


class CoverageGisError(Exception):
    """Base of every error this package raises on purpose."""


class InputError(CoverageGisError, ValueError):
    """A file, row or column is not what it should be; the message says which and what to do."""


class MissingInputError(CoverageGisError, FileNotFoundError):
    """A layer that is needed was not found; the message says what to put where."""

    def __str__(self) -> str:
        """Return the sentence itself, where OSError would print its errno parts."""
        return str(self.args[0]) if self.args else ""


class SettingsError(CoverageGisError, ValueError):
    """A settings file has an unknown key or an impossible value."""


class SchemaError(CoverageGisError, ValueError):
    """A table lacks a column, has a wrong dtype or a repeated key."""


class ConservationError(CoverageGisError, ArithmeticError):
    """People went missing, or appeared, between two stages."""


class OutputError(CoverageGisError, OSError):
    """A result could not be written."""

    def __str__(self) -> str:
        """Return the sentence itself, where OSError would print its errno parts."""
        return str(self.args[0]) if self.args else ""


class DownloadError(CoverageGisError, OSError):
    """A file could not be fetched, or was not what it should be; the message says which URL."""

    def __str__(self) -> str:
        """Return the sentence itself, where OSError would print its errno parts."""
        return str(self.args[0]) if self.args else ""


class WorkerError(CoverageGisError, RuntimeError):
    """A process that computed a part of the work was ended from outside."""
