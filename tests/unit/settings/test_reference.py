"""The configuration file, the reference page and the model say the same."""

from pathlib import Path

import pytest

from app.settings import Settings, load_settings
from app.settings.catalogue import OWN_PREFIXES, Catalogue, Key
from app.settings.properties_file import read_properties
from app.settings.reference import page_text, properties_text

ROOT = Path(__file__).resolve().parents[3]
FILE = ROOT / "config/application.properties"
PAGE = ROOT / "docs/reference/configuration.md"


def test_the_file_is_what_the_model_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == properties_text(), "say `make docs`"


def test_the_page_is_what_the_model_makes() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert page == page_text(page), "say `make docs`"


def test_the_file_sets_every_key_to_its_default() -> None:
    (document,) = read_properties(FILE, shown="f").documents
    keys = [key for key in Catalogue.of(Settings).keys if key.in_files]

    assert [(entry.key, entry.value) for entry in document] == [(key.name, key.default) for key in keys]
    assert load_settings(environ={}, cwd=ROOT) == Settings()


def test_every_key_has_exactly_one_comment_line_above_it() -> None:
    lines = ["", *FILE.read_text(encoding="utf-8").splitlines()]
    above = [
        (lines[at - 2], lines[at - 1]) for at, line in enumerate(lines) if line and not line.startswith("#")
    ]

    assert all(comment.startswith("# ") and not before.startswith("#") for before, comment in above)


@pytest.mark.parametrize("key", Catalogue.of(Settings).keys, ids=lambda key: key.name)
def test_every_key_is_ours_described_and_on_the_page(key: Key) -> None:
    assert key.name.split(".")[0] in OWN_PREFIXES
    assert key.field.description
    assert f"`{key.name}`" in PAGE.read_text(encoding="utf-8")
