"""A template and its variables become the function that workers run; every value keeps its exact text.

The steps, a file each: `source` (is this text usable), `variables` (names and values), `placeholders`
(where values go), `draft` (the script with holes), `shell` or `python` (what may fill each hole, by the place
where it stands), `syntax` (does the language's own reader accept the result).

What this cannot do: it does not look into text that programs evaluate later. A value handed to `bash -c`, to
`ssh`, to `awk` or through a variable to `eval` arrives there exactly as it is, and is code there.
"""

from app.services.rendering.rendered import Rendered
from app.services.rendering.renderer import render
from app.services.rendering.source import is_program
from app.services.rendering.syntax import check_syntax

__all__ = ["Rendered", "check_syntax", "is_program", "render"]
