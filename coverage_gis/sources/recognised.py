"""What recognising a file gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Recognised:
    """Kind, edition and detail, as in ``Found``."""

    kind: str
    edition: str
    detail: Mapping[str, str] = field(default_factory=dict)
