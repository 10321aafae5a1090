"""Java's syntax of `.properties` files."""

import pytest

from app.settings.properties_file import parse_properties
from tests.unit.settings.conftest import Folder


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a=b", {"a": "b"}),
        ("  a : b", {"a": "b"}),
        ("a b = c", {"a": "b = c"}),
        ("a", {"a": ""}),
        (r"a\ b\=c=d", {"a b=c": "d"}),
        ("a=b # not a comment", {"a": "b # not a comment"}),
        ("# a=b\n ! c=d", {}),
        ("a=b\\\n    c", {"a": "bc"}),
        ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
        ("# a comment never goes on \\\na=b", {"a": "b"}),
        ("a=\\\n # not a comment here", {"a": "# not a comment here"}),
        (r"a=\t\n\u00e9\q", {"a": "\t\néq"}),
        ("a=ü€", {"a": "ü€"}),
        ("a=b\r\nc=d\re=f", {"a": "b", "c": "d", "e": "f"}),
        ("a=b  ", {"a": "b  "}),
    ],
)
def test_an_entry_is_read_as_java_reads_it(text: str, expected: dict[str, str]) -> None:
    (document,) = parse_properties(text, shown="f").documents

    assert {entry.key: entry.value for entry in document} == expected


def test_every_entry_knows_its_line() -> None:
    (document,) = parse_properties("# c\n\na=1\\\n  2\nb=3\n\n c=4", shown="f").documents

    assert [str(entry.origin) for entry in document] == ["f:3", "f:5", "f:7"]


def test_a_separator_begins_a_document_only_when_it_stands_alone() -> None:
    read = parse_properties("a=1\n#---\na=2\n!---\na=3\n #---\n#--- x\nb=4", shown="f")

    assert [[entry.value for entry in document] for document in read.documents] == [["1"], ["2"], ["3", "4"]]


def test_a_bad_escape_is_told_with_its_line_and_the_rest_is_read() -> None:
    read = parse_properties("a=1\nb=\\u12\nc=2", shown="f")

    assert [str(fault) for fault in read.faults] == [
        r"(f:2) holds '\\u12', which is no character: write \u and four hexadecimal digits"
    ]
    assert [entry.key for entry in read.documents[0]] == ["a", "c"]


def test_blanks_at_the_end_of_a_value_are_told() -> None:
    read = parse_properties("a=1 \nb=2\nc= \n", shown="f")

    assert read.notices == ("a (f:1) ends with a blank, which belongs to its value",)


def test_a_file_that_is_not_utf_8_is_told_with_the_line(folder: Folder) -> None:
    (folder.path / "application.properties").write_bytes(b"server.port=1\npubsub.topic=\xe9\n")

    assert folder.faults() == [
        "(application.properties:2) is not UTF-8: save the file as UTF-8, or write the character as \\uXXXX"
    ]


def test_a_byte_order_mark_is_passed_over(folder: Folder) -> None:
    folder.write("application.properties", "\ufeffserver.port=1")

    assert folder.load().server.port == 1
