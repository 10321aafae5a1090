"""Identifiers."""

import re
import uuid

from app.support.ids import incarnation, new_id, new_token


def test_an_id_is_a_random_uuid_in_its_usual_spelling() -> None:
    text = new_id()

    assert str(uuid.UUID(text)) == text
    assert uuid.UUID(text).version == 4


def test_no_two_are_alike() -> None:
    makers = (new_id, new_token, incarnation)
    assert len({make() for make in makers for _ in range(100)}) == 300


def test_an_incarnation_is_twelve_hexadecimal_digits() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", incarnation())


def test_a_token_is_short_and_needs_no_quoting() -> None:
    assert re.fullmatch(r"[0-9A-Za-z_-]{11}", new_token())
