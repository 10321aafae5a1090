"""Figures that are held against a bar of their own, not against another way to do the work."""

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.side_by_side import machine


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One figure; without a limit it is only shown."""

    what: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None

    @property
    def is_held(self) -> bool:
        return (self.least is None or self.value >= self.least) and (
            self.most is None or self.value <= self.most
        )

    @property
    def bar(self) -> str:
        limits = [f"≥ {self.least:g}"] if self.least is not None else []
        limits += [f"≤ {self.most:g}"] if self.most is not None else []
        return " and ".join(limits)

    def told(self) -> "Measured":
        """Itself, said on stderr as it comes: a run that is broken off has not been for nothing."""
        print(f"{self.what}: {shown(self.value)} {self.unit}", file=sys.stderr, flush=True)
        return self


def report_limits(title: str, *, work: str, figures: Sequence[Measured]) -> bool:
    """Print them as Markdown; whether every bar was held."""
    print(f"### {title}\n\n{machine()}, load {os.getloadavg()[0]:.1f}; {work}\n")
    print("| what | measured | | bar | |\n|---|---:|---|---:|---|")
    for each in figures:
        verdict = ("held" if each.is_held else "MISSED") if each.bar else ""
        print(f"| {each.what} | {shown(each.value)} | {each.unit} | {each.bar} | {verdict} |")
    print(flush=True)
    return all(each.is_held for each in figures)


def shown(number: float) -> str:
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.3g}"
