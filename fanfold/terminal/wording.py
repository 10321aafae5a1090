"""Values in words for people: times, durations, what became of an item, text made harmless."""

from datetime import UTC, datetime
from signal import Signals
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fanfold.values import ItemResult

_LONGEST_ITEM = 60


def printable(text: str) -> str:
    """The text with control characters shown as escapes, so that it cannot steer a terminal."""
    return "".join(char if char.isprintable() or char == "\n" else repr(char)[1:-1] for char in text)


def quoted_item(item: str | None) -> str:
    """An item in quotes, shortened to fit a line."""
    text = item or ""
    return repr(text if len(text) <= _LONGEST_ITEM else text[: _LONGEST_ITEM - 1] + "…")


def moment(time: datetime | None) -> str:
    """A time to the second in UTC, or a dash."""
    return "-" if time is None else time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def duration(seconds: float) -> str:
    """A duration in its two largest units."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def count(number: int, *, of: str) -> str:
    """A number of things: `1 item`, `2 items`."""
    return f"{number} {of}" if number == 1 else f"{number} {of}s"


def ending(result: "ItemResult") -> str:
    """How an item ended, with what is known of it."""
    match result.outcome.value:
        case "failed" if result.exit_code is not None:
            return f"failed, exit status {result.exit_code}"
        case "timeout" if result.duration_ms is not None:
            return f"timed out after {result.duration_ms / 1000:.1f} s"
        case "killed" if result.signal is not None:
            return f"killed by signal {_signal(result.signal)}"
        case "lost":
            return "lost: its workers died over it"
        case "cancelled":
            return "cancelled"
        case outcome:
            return outcome


def _signal(number: int) -> str:
    try:
        return f"{number} ({Signals(number).name})"
    except ValueError:
        return str(number)
