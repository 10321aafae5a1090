"""The memory that a slot process answers in: what the worker finds there, and what it says by it."""

import errno
import os
import struct
from mmap import mmap
from pathlib import Path

import pytest

from worker.runners.answer_memory import AnswerMemory


class SlotSide:
    """Writes as a slot process does."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self.memory = mmap(file.fileno(), 0)
        self.published = 0

    def give(self, answer: bytes) -> None:
        for place, byte in enumerate(answer, start=self.published & 0xFFFFFFFF):
            self.memory[64 + place % (len(self.memory) - 64)] = byte
        self.published += (1 << 32) + len(answer)
        struct.pack_into("Q", self.memory, 0, self.published)

    def word(self, place: int) -> int:
        [word] = struct.unpack_from("Q", self.memory, 8 * place)
        return int(word)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "answers"


def test_answers_are_taken_once_in_order(path: Path) -> None:
    memory = AnswerMemory(path)
    slot = SlotSide(path)
    memory.begin()
    assert memory.take() == (0, b"")
    slot.give(b"one")
    slot.give(b"two two")
    assert memory.take() == (2, b"onetwo two")
    assert memory.take() == (0, b"")
    slot.give(b"3")
    assert memory.take() == (1, b"3")


def test_a_batch_begins_with_none(path: Path) -> None:
    memory = AnswerMemory(path)
    slot = SlotSide(path)
    slot.give(b"of the batch before")
    memory.begin()
    slot.published = 0
    assert memory.take() == (0, b"")
    slot.give(b"new")
    assert memory.take() == (1, b"new")


def test_answers_go_round_the_ring_and_those_seen_are_free_again(path: Path) -> None:
    memory = AnswerMemory(path)
    slot = SlotSide(path)
    memory.begin()
    given = 0
    for length in (200_000, 200_001, 200_002, 1, 324_285, 400_000):
        answer = bytes([length % 251]) * (length - 1) + b"."
        slot.give(answer)
        assert slot.word(3) == given
        given += length
        assert memory.take() == (1, answer)
        assert memory.take() == (0, b"")


def test_what_is_read_of_the_streams_is_said_and_that_it_is_being_read(path: Path) -> None:
    memory = AnswerMemory(path)
    slot = SlotSide(path)
    with memory.reading() as told:
        assert slot.word(1) == 1
        told.append(500)
    assert slot.word(1) == 1_000
    with memory.reading():
        assert slot.word(1) == 1_001
    assert slot.word(1) == 1_000


def test_nobody_sleeps_while_there_are_answers(path: Path) -> None:
    memory = AnswerMemory(path)
    slot = SlotSide(path)
    with memory.sleeping() as is_answered:
        assert not is_answered
        assert slot.word(2) == 1
    assert slot.word(2) == 0
    slot.give(b"one")
    with memory.sleeping() as is_answered:
        assert is_answered


def test_where_there_is_no_room_the_memory_holds_no_answers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_room = os.posix_fallocate

    def take_little(file: int, start: int, length: int) -> None:
        if length > 4_096:
            raise OSError(errno.ENOSPC, "no room")
        take_room(file, start, length)

    monkeypatch.setattr(os, "posix_fallocate", take_little)
    memory = AnswerMemory(path)
    assert len(SlotSide(path).memory) == 64
    memory.begin()
    assert memory.take() == (0, b"")
