"""Durations and sizes as Spring writes them: `500ms`, `7d`, `PT0.5S`, `64KB`, `32MB`."""

import re
from datetime import timedelta

_SIMPLE = re.compile(r"([+-]?\d+)\s*([A-Za-z]{0,2})")
_ISO = re.compile(
    r"([+-])?P(?:([+-]?\d+)D)?(?:T(?:([+-]?\d+)H)?(?:([+-]?\d+)M)?(?:([+-]?\d+(?:\.\d{1,9})?)S)?)?",
    re.IGNORECASE,
)
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
_BYTES = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def parse_duration(text: str) -> timedelta:
    """The time that `text` says; a bare number is milliseconds. Raises ValueError."""
    if (simple := _SIMPLE.fullmatch(text.strip())) is not None:
        unit = simple[2].lower() or "ms"
        if unit in _SECONDS:
            return _timedelta(int(simple[1]) * _SECONDS[unit])
    if (iso := _ISO.fullmatch(text.strip())) is not None and any(iso.groups()[1:]):
        days, hours, minutes, seconds = (float(part or 0) for part in iso.groups()[1:])
        total = days * 86_400 + hours * 3_600 + minutes * 60 + seconds
        return _timedelta(-total if iso[1] == "-" else total)
    raise ValueError("is not a duration")


def parse_size(text: str) -> int:
    """The number of bytes that `text` says; a bare number is bytes. Raises ValueError."""
    simple = _SIMPLE.fullmatch(text.strip())
    if simple is None or (simple[2].upper() or "B") not in _BYTES:
        raise ValueError("is not a size")
    return int(simple[1]) * _BYTES[simple[2].upper() or "B"]


def format_duration(value: timedelta) -> str:
    """The shortest spelling that `parse_duration` reads back as `value` (whole microseconds)."""
    micros = value // timedelta(microseconds=1)
    for unit, size in (("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000)):
        if micros % size == 0 and (micros or unit == "s"):
            return f"{micros // size}{unit}"
    return f"{micros // 1_000}ms" if micros % 1_000 == 0 else f"{micros}us"


def format_size(value: int) -> str:
    """The shortest spelling that `parse_size` reads back as `value` bytes."""
    for unit in ("TB", "GB", "MB", "KB"):
        if value and value % _BYTES[unit] == 0:
            return f"{value // _BYTES[unit]}{unit}"
    return f"{value}B"


def _timedelta(seconds: float) -> timedelta:
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise ValueError("is too long a duration") from None
