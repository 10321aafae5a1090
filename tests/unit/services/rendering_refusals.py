"""Renders what must be refused, and answers the refusal."""

from collections.abc import Mapping

import pytest

from app.errors import TemplateError
from app.models.task import Language
from app.services.rendering import render
from app.services.rendering.variables import Value

TEMPLATE = "#/templateFunction"


def refusal_of(
    template: str,
    *,
    variables: Mapping[str, Value] | None = None,
    language: Language = Language.BASH,
) -> TemplateError:
    """The error that rendering raises; it always says what to do."""
    with pytest.raises(TemplateError) as caught:
        render(template, variables=variables or {}, language=language)
    assert caught.value.hint
    assert "{{{" not in caught.value.hint + caught.value.detail
    return caught.value
