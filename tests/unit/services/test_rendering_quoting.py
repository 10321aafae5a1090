"""The second reading of a script's quotes, which must agree with the parse tree."""

import pytest

from app.models.task import Language
from app.services.rendering.quote_rules import Quote
from app.services.rendering.quoting import Unclear, read_quoting


def quotes_at_marks(script: str, *, language: Language = Language.BASH) -> list[Quote]:
    """The quotes at each @ of the script."""
    code = script.encode()
    offsets = [offset for offset, byte in enumerate(code) if byte == ord("@")]
    found = read_quoting(code, offsets=offsets, language=language)
    return [found[offset] for offset in offsets]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("echo @ a@b", [Quote.CODE, Quote.CODE]),
        ("'@' \"@\" $'@' @", [Quote.SINGLE, Quote.DOUBLE, Quote.ANSI, Quote.CODE]),
        ("'\\'@", [Quote.CODE]),
        ("$'\\'@' @", [Quote.ANSI, Quote.CODE]),
        ('"\\"@" @', [Quote.DOUBLE, Quote.CODE]),
        ("\"'@'\" '\"@\"'", [Quote.DOUBLE, Quote.SINGLE]),
        ('"$(@ "@" \'@\')@"', [Quote.CODE, Quote.DOUBLE, Quote.SINGLE, Quote.DOUBLE]),
        ('"`@`@"', [Quote.OTHER, Quote.DOUBLE]),
        ("`\\`@` @", [Quote.OTHER, Quote.CODE]),
        ('$"@"', [Quote.OTHER]),
        ("# '@\n@", [Quote.UNSEEN, Quote.CODE]),
        ("a#'@'", [Quote.SINGLE]),
        ("\\ #'@'", [Quote.SINGLE]),
        ("$#'@'", [Quote.SINGLE]),
        ('\\@ "\\@" $a@', [Quote.UNSEEN, Quote.UNSEEN, Quote.CODE]),
        ("$(( @ + (@) )) @", [Quote.ARITHMETIC, Quote.ARITHMETIC, Quote.CODE]),
        ("(( @ )) && ( @ )", [Quote.ARITHMETIC, Quote.CODE]),
        ("$[@[@]] @", [Quote.ARITHMETIC, Quote.ARITHMETIC, Quote.CODE]),
        ("${a:-@} @", [Quote.PARAMETER, Quote.CODE]),
        ("${a:-'}'}@", [Quote.CODE]),
        ("\"${a#'}'}@\"", [Quote.DOUBLE]),
        ('"${a:-it\'s}@"', [Quote.DOUBLE]),
        ("${#a[@]} @", [Quote.PARAMETER, Quote.CODE]),
        ("case a in b) '@' ;; esac; @", [Quote.SINGLE, Quote.CODE]),
        (
            "cat <<A\n'@' $(@) $((@)) \\@\nA\n@",
            [Quote.HEREDOC, Quote.CODE, Quote.ARITHMETIC, Quote.UNSEEN, Quote.CODE],
        ),
        ("cat <<'A'\n@ $(@\nA\n@", [Quote.LITERAL_HEREDOC, Quote.LITERAL_HEREDOC, Quote.CODE]),
        ("cat <<-\\A\n\t@\n\tA\n@", [Quote.LITERAL_HEREDOC, Quote.CODE]),
        (
            "cat <<A <<\"B\" '@'\n@\nA\n@\nB\n@",
            [Quote.SINGLE, Quote.HEREDOC, Quote.LITERAL_HEREDOC, Quote.CODE],
        ),
        ('x="$(cat <<A\n@\nA\n)@"', [Quote.HEREDOC, Quote.DOUBLE]),
        ("cat <<< '@' <<<@", [Quote.SINGLE, Quote.CODE]),
        ("cat <<A\nE\\\nx@\nA\n", [Quote.HEREDOC]),
        ("a=(@ '@') <(@)", [Quote.CODE, Quote.SINGLE, Quote.CODE]),
        ("é'@é'@", [Quote.SINGLE, Quote.CODE]),
    ],
)
def test_quotes_are_read_as_bash_reads_them(script: str, expected: list[Quote]) -> None:
    assert quotes_at_marks(script) == expected


@pytest.mark.parametrize(
    "script",
    [
        "'a",
        '"a',
        "$(a",
        "`a",
        "${a",
        "((a",
        "((a); b)",
        "$((a); b)",
        "cat <<A\na",
        "cat <<$a\na\n$a\n",
        'cat <<A "\n"\nA\n',
        "cat <<A\nx\\\nA\nA\n",
        "cat <<ABC\nA\\\nBC\nABC\n",
        "cat <<A\n$(\nA\n",
        "x=$(cat <<A\nA)\nA\n)",
        "${ a; }",
        "\"${a:-$'x'}\"",
    ],
)
def test_what_can_be_read_in_two_ways_is_not_read(script: str) -> None:
    with pytest.raises(Unclear):
        quotes_at_marks(script)


@pytest.mark.parametrize("script", ["echo $'a'", "((1))", "echo $[1]", "cat <<< a", "(($(a)))"])
def test_what_only_bash_reads_as_one_token_is_not_read_for_sh(script: str) -> None:
    assert quotes_at_marks(script) == []
    with pytest.raises(Unclear):
        quotes_at_marks(script, language=Language.SH)
