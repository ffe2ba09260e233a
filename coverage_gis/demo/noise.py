"""Smooth random functions of one and two coordinates: sums of plane waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_WAVES_PER_OCTAVE = 4


@dataclass(frozen=True)
class Noise:
    """A smooth random field: amplitudes, wave vectors and phases of its waves.

    The slope is at most the sum of amplitude x wave number, whatever the seed, so a field
    used as a displacement cannot fold the plane when that sum stays below 1.
    """

    amplitude: Array
    kx: Array
    ky: Array
    phase: Array

    def __call__(self, x: Array, y: Array | float = 0.0) -> Array:
        """Return the field at points in metres."""
        x = np.asarray(x, dtype=np.float64)
        out = np.zeros(np.broadcast(x, y).shape)
        for a, kx, ky, phase in zip(self.amplitude, self.kx, self.ky, self.phase, strict=True):
            out += a * np.cos(kx * x + ky * y + phase)
        return out


def noise(rng: np.random.Generator, octaves: Sequence[tuple[float, float]]) -> Noise:
    """Return a field with octaves of (wavelength, amplitude), both in metres.

    An octave's waves run in directions spread over the half circle; its values stay within
    plus or minus twice the amplitude, nearly always within the amplitude.
    """
    amplitude, kx, ky, phase = [], [], [], []
    for wavelength, size in octaves:
        turn = rng.uniform(0, np.pi / _WAVES_PER_OCTAVE)
        for w in range(_WAVES_PER_OCTAVE):
            angle = turn + w * np.pi / _WAVES_PER_OCTAVE
            k = 2 * np.pi / (wavelength * rng.uniform(0.8, 1.25))
            amplitude.append(size / 2)
            kx.append(k * np.cos(angle))
            ky.append(k * np.sin(angle))
            phase.append(rng.uniform(0, 2 * np.pi))
    return Noise(np.array(amplitude), np.array(kx), np.array(ky), np.array(phase))
