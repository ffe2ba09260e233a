"""What downloads are, and what they share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path, PurePosixPath

    from coverage_gis.fetch.record import Records
    from coverage_gis.fetch.retry import Policy
    from coverage_gis.fetch.transport import Transport


@dataclass(frozen=True)
class Download:
    """A file to fetch.

    Attributes
    ----------
    entry
        Name of its catalogue entry.
    url
        The publisher's URL.
    path
        Where it goes, below the raw-data folder.
    file_format, expects
        What :func:`check_file` checks.
    link
        Another place below the raw-data folder that shall have the same file, or None.
    edition, about
        What is known of this file beyond its entry.
    """

    entry: str
    url: str
    path: PurePosixPath
    file_format: str
    expects: str = ""
    link: PurePosixPath | None = None
    edition: str = ""
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """What downloads share.

    Attributes
    ----------
    raw
        The raw-data folder.
    transport, records, policy
        Who is asked, what is remembered, how to ask again.
    largest_bytes, slowest_bytes_per_s
        Above and below these a download is given up, or broken off and resumed.
    force
        Fetch again what is there, files put there by hand included.
    clock
        Seconds, for the speed.
    """

    raw: Path
    transport: Transport
    records: Records
    policy: Policy
    largest_bytes: int
    slowest_bytes_per_s: float
    force: bool = False
    clock: Callable[[], float] = time.monotonic
