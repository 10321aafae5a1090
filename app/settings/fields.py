"""The kinds of value that a key can have, each with the words that tell what it accepts."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ByteSize, ConfigDict, Field

from app.settings.units import parse_duration, parse_size

_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|\[?[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\]?")
_TOPIC = re.compile(r"[A-Za-z0-9._-]{1,249}")


class Section(BaseModel):
    """A group of keys below one name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Accepts:
    """What may be written for a key, as the end of a sentence that begins with "write"."""

    words: str


def _check_host(value: str) -> str:
    if _HOST.fullmatch(value) is None:
        raise ValueError("is not a host name or address")
    return value


def _check_brokers(value: str) -> str:
    brokers = [broker.strip() for broker in value.split(",") if broker.strip()]
    if not brokers:
        raise ValueError("names no broker")
    for broker in brokers:
        host, _, port = broker.rpartition(":")
        if _HOST.fullmatch(host) is None or not port.isdecimal() or not 0 < int(port) <= 65_535:
            raise ValueError(f"names {broker!r}, which is not host:port")
    return ",".join(brokers)


def _check_topic(value: str) -> str:
    if _TOPIC.fullmatch(value) is None or value in {".", ".."}:
        raise ValueError("is not a name that Kafka takes for a topic")
    return value


def _check_group(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty")
    return value


def _split_names(value: object) -> object:
    if isinstance(value, str):
        return tuple(name.strip() for name in value.split(",") if name.strip())
    return value


def _read_duration(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _read_size(value: object) -> object:
    return parse_size(value) if isinstance(value, str) else value


_DURATION = "500ms, 10s, 2m, 1h, 7d or PT0.5S (a bare number is milliseconds)"
_duration_reader = BeforeValidator(_read_duration)

Port = Annotated[int, Field(ge=1, le=65_535), Accepts("a whole number from 1 to 65535")]
Count = Annotated[int, Field(ge=1), Accepts("a whole number, 1 or more")]
CountOrZero = Annotated[int, Field(ge=0), Accepts("a whole number, 0 or more")]
Host = Annotated[
    str, AfterValidator(_check_host), Accepts("a host name or an IP address, with no scheme or port")
]
Brokers = Annotated[str, AfterValidator(_check_brokers), Accepts("host:port, several separated by commas")]
Topic = Annotated[
    str, AfterValidator(_check_topic), Accepts("up to 249 letters, digits, dots, dashes and underscores")
]
Group = Annotated[str, AfterValidator(_check_group), Accepts("a name")]
Names = Annotated[tuple[str, ...], BeforeValidator(_split_names), Accepts("names separated by commas")]
PositiveDuration = Annotated[
    timedelta, _duration_reader, Field(gt=timedelta(0)), Accepts(f"a duration over zero such as {_DURATION}")
]
DurationOrZero = Annotated[
    timedelta, _duration_reader, Field(ge=timedelta(0)), Accepts(f"a duration such as 0s, {_DURATION}")
]
PositiveSize = Annotated[
    ByteSize,
    BeforeValidator(_read_size),
    Field(gt=0),
    Accepts("a size such as 512B, 64KB, 32MB or 1GB (powers of 1024, a bare number is bytes)"),
]
