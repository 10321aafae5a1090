"""Rounds against bars: the ratios of two ways in each round, and whether their median holds the bar."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.side_by_side import ITEMS_A_SECOND, Round, machine


@dataclass(frozen=True, kw_only=True)
class Bar:
    """The least or the most that the ratio ours / theirs may be; without both it is only shown."""

    ours: str
    theirs: str
    figure: str = ITEMS_A_SECOND
    least: float | None = None
    most: float | None = None
    goal: float | None = None

    def ratios(self, rounds: Sequence[Round]) -> list[float]:
        """One a round, so that both figures are of the same minute."""
        return [
            each.figures[self.ours][self.figure] / each.figures[self.theirs][self.figure] for each in rounds
        ]

    def is_held(self, ratio: float) -> bool:
        return (self.least is None or ratio >= self.least) and (self.most is None or ratio <= self.most)

    def __str__(self) -> str:
        limits = [f"≥ {self.least:g}"] if self.least is not None else []
        limits += [f"≤ {self.most:g}"] if self.most is not None else []
        return " and ".join(limits) or "none"


def report(title: str, *, work: str, rounds: Sequence[Round], bars: Sequence[Bar]) -> bool:
    """Print all rounds and all ratios as Markdown; whether every bar was held."""
    print(f"### {title}\n\n{machine()}; {work}\n")
    names = list(rounds[0].figures)
    for figure in dict.fromkeys(name for each in rounds[0].figures.values() for name in each):
        _print_rounds(figure, names=[name for name in names if figure in rounds[0].figures[name]], of=rounds)
    print("| figure | ours | theirs | ours / theirs: min | median | max | bar | goal | |")
    print("|---|---|---|---:|---:|---:|---:|---:|---|")
    held = [_print_bar(bar, rounds=rounds) for bar in bars]
    print(flush=True)
    return all(held)


def _print_rounds(figure: str, *, names: Sequence[str], of: Sequence[Round]) -> None:
    print(f"| round | load | {' | '.join(f'`{name}` {figure}' for name in names)} |")
    print(f"|---:|---:|{'---:|' * len(names)}")
    for number, each in enumerate(of, start=1):
        cells = " | ".join(_short(each.figures[name][figure]) for name in names)
        print(f"| {number} | {each.load:.1f} | {cells} |")
    print()


def _print_bar(bar: Bar, *, rounds: Sequence[Round]) -> bool:
    ratios = bar.ratios(rounds)
    median = statistics.median(ratios)
    held = bar.is_held(median)
    has_bar = bar.least is not None or bar.most is not None
    verdict = ("held" if held else "MISSED") if has_bar else ""
    goal = "" if bar.goal is None else f"{bar.goal:g}"
    print(
        f"| {bar.figure} | `{bar.ours}` | `{bar.theirs}` "
        f"| {min(ratios):.2f} | {median:.2f} | {max(ratios):.2f} | {bar} | {goal} | {verdict} |"
    )
    return held


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"
