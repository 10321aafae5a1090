"""How one key may be spelled: in files, and in the environment."""

import re

_INDEX = re.compile(r"(.*?)\[(\d*)\]")
_ELEMENT = re.compile(r"\[([^\]]*)\]|[^.\[\]]+")
_NOT_COMPARED = re.compile(r"[^a-z0-9]")
_LATER_NAMES = {"spring.data.redis.": "spring.redis."}


def uniform(key: str) -> str:
    """The one spelling of `key` that all its spellings share: kebab, camel and snake, upper and lower case.

    Names of later Spring versions become those that this service has always had.
    """
    elements = (match[1] or match[0] for match in _ELEMENT.finditer(key))
    spelled = ".".join(_NOT_COMPARED.sub("", element.lower()) for element in elements)
    for later, ours in _LATER_NAMES.items():
        if spelled.startswith(later):
            return ours + spelled.removeprefix(later)
    return spelled


def other_names(key: str) -> tuple[str, ...]:
    """The names of later Spring versions for the canonical `key`."""
    return tuple(
        later + key.removeprefix(ours) for later, ours in _LATER_NAMES.items() if key.startswith(ours)
    )


def later_name(key: str) -> str | None:
    """The name of ours that `key` stands for, if it is spelled as a later Spring version does."""
    for later, ours in _LATER_NAMES.items():
        if key.lower().startswith(later):
            return ours + key[len(later) :]
    return None


def split_index(key: str) -> tuple[str, int | None]:
    """`key` without the index that ends it, and the index: `a[2]` gives 2, `a[]` and `a` give None."""
    match = _INDEX.fullmatch(key)
    if match is None:
        return key, None
    return match[1], int(match[2]) if match[2] else None


def environment_names(key: str) -> tuple[str, ...]:
    """The environment variables looked up for the canonical `key`, the first that is set winning."""
    canonical = key.replace("-", "").replace(".", "_").upper()
    legacy = key.replace("-", "_").replace(".", "_").upper()
    return tuple(dict.fromkeys((canonical, legacy, canonical.lower(), legacy.lower())))
