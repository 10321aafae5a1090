"""Identifiers."""

import re
import uuid

from app.support.ids import incarnation, new_id


def test_an_id_is_a_random_uuid_in_its_usual_spelling() -> None:
    text = new_id()

    assert str(uuid.UUID(text)) == text
    assert uuid.UUID(text).version == 4


def test_no_two_are_alike() -> None:
    assert len({new_id() for _ in range(100)} | {incarnation() for _ in range(100)}) == 200


def test_an_incarnation_is_twelve_hexadecimal_digits() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", incarnation())
