"""Durations on the command line: seconds, or a number with its unit."""

import re

import click

_UNITS = {"ms": 0.001, "": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_PATTERN = re.compile(r"(\d+(?:\.\d+)?|\.\d+) ?([a-z]*)")


class _Seconds(click.ParamType[float]):
    name = "duration"

    def convert(self, value: str | float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        if isinstance(value, int | float):
            return float(value)
        match = _PATTERN.fullmatch(value)
        if match is None or match[2] not in _UNITS or float(match[1]) == 0:
            self.fail(f"{value!r} is no duration: write 30, 1.5, 500ms, 2m or 1h.", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


SECONDS = _Seconds()
