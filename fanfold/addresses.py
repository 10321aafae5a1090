"""Which servers to talk to: URLs from arguments or the environment, checked and in one spelling."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from fanfold.errors import BadAddress

DEFAULT_URL = "http://127.0.0.1:30000"
VARIABLE = "FANFOLD_URL"


def server_urls(given: str | Sequence[str] | None, *, environment: Mapping[str, str]) -> tuple[str, ...]:
    """The servers' base URLs, best first: what is given, else `FANFOLD_URL`, else this machine's.

    Several URLs in one text are separated by commas or white space. Raises BadAddress.
    """
    if isinstance(given, str):
        given = [given]
    texts = given or [environment.get(VARIABLE, "")]
    urls = [part for text in texts for part in text.replace(",", " ").split()]
    return tuple(dict.fromkeys(_checked(url) for url in urls)) or (DEFAULT_URL,)


def _checked(url: str) -> str:
    full = url if "://" in url else f"http://{url}"
    try:
        parts = urlsplit(full)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment:
        raise BadAddress(f"{url!r} is no server address", hint=f"give a URL such as {DEFAULT_URL}")
    return full.rstrip("/")
