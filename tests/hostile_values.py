"""Values that try to break out of the place where they are put in a script."""

from hypothesis import strategies as st

FRAGMENTS = (
    "$(touch X)", "`touch X`", "a[$(touch X)]", "a[`touch X`]", "${x:-$(touch X)}", "$((a[$(touch X)]))",
    "'", '"', "''", '""', '\'"\'', "\\", "\\\\", "\\'", '\\"', "\\$", "\\`", "$'", '$"', "$", "${", "$((",
    "$(", "\n", "\r\n", "\r", "\t", " ", "\n\n", "\\\n", ";touch X;", "&touch X&", "|touch X",
    "\ntouch X\n", ">X", "<(touch X)", ">(touch X)", "&&", "||", "(", ")", "{", "}", "[", "]", "((", "))",
    "]]", "[[", ";;", "esac", "done", "fi", "EOF", "\nEOF\n", "EOF)", "\n)", "<<EOF", "<<'EOF'", "<<<", "!",
    "!!", "!x", "~", "~root", "*", "?", "[a-z]", "{a,b}", "{1..3}", "#", " # ", "%", "%s", "%n", "-", "--",
    "-n", "-e", "-v", "-vX", "=", "x=1", "\x01", "\x02", "\x7f", "\x1b[31m", "\x80", "\x81", "\x88", "é",
    "漢字", "🎉", "\u2028", "\u202e", "\ufeff", "{{x}}", "{%", "{#", "{{", "}}", "0", "1", "a", "x", "c", "n",
    "FanfoldHole0x0z", "\x08", "\x0b", "\x0c",
)  # fmt: skip

HAND_PICKED = (
    "", "$(touch X)", "`touch X`", "a[$(touch X)]", "'$(touch X)'", '"$(touch X)"', "';touch X;'",
    '";touch X;"', '\'"\'"\'$(touch X)', "\\$(touch X)", "\\\\$(touch X)", "\\`touch X`", "\\\\`touch X`",
    "\\", "\\\\", "\\\\\\", "\\'", "\\';touch X", "x\\\ny", "EOF\ntouch X", "x\nEOF\ntouch X\n",
    "EOF)\ntouch X", "$'\\'';touch X'", ")touch X", "));touch X", "}touch X", "]];touch X", "esac;touch X",
    "-vX[$(touch X)]", "([$(touch X)]=1)", "($(touch X))", "[$(touch X)]=1", "x=$(touch X)", "~", "~root",
    "*", "/*", "!!", "!touch", "{a,b}", "{1..3}", "# comment", "a # b", "\t", "\ttab", "trailing\n", "\n",
    "\n\n", "\r", "a\r\nb", "\x01\x02\x7f", "\x01\x01", "\x7f\x7f", "\x81\x88", "é漢字🎉", "\x1b]0;title\x07",
    "{{x}}", "{{ x|raw }}", "{% x %}", "{# x #}", "%s%n", "$", "$$", "${", "$(", "$((", "`", "'", '"', "''",
    '"a"', 'a\'b"c', " lead", "trail ", "a  b", "-n", "--", "-e",
)  # fmt: skip

hostile_texts = st.one_of(
    st.sampled_from(HAND_PICKED),
    st.lists(st.sampled_from(FRAGMENTS), max_size=6).map("".join),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)
