"""A MasterTask as a client writes it, checked field by field at the edge."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from app.errors import InvalidField, MalformedBody
from app.models.task import Language
from app.support.strict_json import read_json

MOST_NAME_LENGTH = 200
MOST_PRIORITY = 1_000
MOST_TIMEOUT_SECONDS = 31 * 86_400.0

Variable = str | int | float | bool
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class InvalidRequest(InvalidField):
    """Fields have values that cannot be used; `faults` are all of them, as (detail, pointer)."""

    def __init__(self, faults: Sequence[tuple[str, str]], *, hint: str | None = None) -> None:
        detail, pointer = faults[0]
        super().__init__(detail, pointer=pointer, hint=hint)
        self.faults = tuple(faults)


class UnknownField(InvalidRequest):
    """A field that a MasterTask does not have: leave it out, or mend its spelling."""

    code = "field-unknown"
    status = 400
    title = "A field is not known"


def task_id_of(text: str) -> str | None:
    """The id in its one spelling, or None where `text` is no UUID."""
    lowered = text.lower()
    return lowered if _UUID.fullmatch(lowered) else None


def _check_id(text: str) -> str:
    task_id = task_id_of(text)
    if task_id is None:
        raise ValueError("must be a UUID such as 2f1c8e0a-6c1e-4d36-9a51-0f3f6f1f7a10")
    return task_id


def _check_text(text: str) -> str:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    return text


def _read_variables(value: object) -> object:
    """An object, a string that holds one, or nothing; what the values may be is checked one by one."""
    if isinstance(value, str):
        value = _object_in(value) if value.strip() else {}
    if isinstance(value, dict):
        for name, each in value.items():
            _check_variable(name, value=each)
    return value


def _object_in(text: str) -> object:
    try:
        return read_json(text.encode())
    except MalformedBody as error:
        raise ValueError(f"is a string that holds no JSON object: {error.detail}") from error


def _check_variable(name: str, *, value: object) -> None:
    if value is None or isinstance(value, dict | list):
        kind = "null" if value is None else "an object" if isinstance(value, dict) else "a list"
        raise ValueError(f"gives {name[:100]!r} {kind}: a variable is a text, a number, true or false")
    if isinstance(value, int) and not -(2**63) <= value < 2**64:
        raise ValueError(f"gives {name[:100]!r} a number of over 64 bits: send it as a text")


class RangeOfItems(BaseModel):
    """Items that are whole numbers: start, stop (left out itself) and, if it is not 1, the step."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    range: Annotated[list[int], Field(min_length=2, max_length=3)] = Field(
        description="`[start, stop]` or `[start, stop, step]`. Only the rule is kept, however many there are."
    )


class MasterTask(BaseModel):
    """What to run, over which items."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, alias_generator=to_camel)

    id: Annotated[str, AfterValidator(_check_id)] | None = Field(
        None, description="The task's id, a UUID. The same id with the same body is the same task."
    )
    input_list: list[str | int | float] | RangeOfItems | None = Field(
        None, description="The items: texts, numbers (which become their text), or a range."
    )
    template_function: str = Field(description="The function's body; `{{name}}` stands for a variable.")
    language: Annotated[Language, Field(strict=False)] = Field(
        Language.BASH, description="What the function is written in."
    )
    variable_json: Annotated[dict[str, Variable], BeforeValidator(_read_variables)] = Field(
        default_factory=dict, description="The variables: an object, or a string that holds one."
    )
    name: Annotated[str, AfterValidator(_check_text), Field(max_length=MOST_NAME_LENGTH)] | None = Field(
        None, description="A name for people."
    )
    priority: int = Field(
        0, ge=-MOST_PRIORITY, le=MOST_PRIORITY, description="Tasks of higher priority go first."
    )
    timeout_seconds: Annotated[float, Field(gt=0, le=MOST_TIMEOUT_SECONDS)] | None = Field(
        None, description="Longest time that one item may take."
    )
    idempotent: bool = Field(default=False, description="Whether an item may run twice at once.")


IGNORED_FIELDS = frozenset({"status", "chunksToExecute", "chunksExecuted"})
"""Fields of a task that the reference client sends back."""

FIELDS = frozenset(field.alias or name for name, field in MasterTask.model_fields.items())


def read_task(fields: Mapping[str, Any]) -> MasterTask:
    """The task that `fields` describe, whose items are looked at elsewhere. Raises InvalidRequest."""
    known = {name: value for name, value in fields.items() if name not in IGNORED_FIELDS}
    _refuse_unknown(known)
    given = {name: value for name, value in known.items() if name != "inputList" and value is not None}
    try:
        return MasterTask.model_validate(given)
    except ValidationError as error:
        faults = [_fault(detail) for detail in error.errors(include_url=False, include_input=False)]
        raise InvalidRequest(list(dict.fromkeys(faults)), hint=_hint(given)) from error


def _refuse_unknown(fields: Mapping[str, Any]) -> None:
    unknown = [name for name in fields if name not in FIELDS]
    if not unknown:
        return
    near = difflib.get_close_matches(unknown[0][:100], FIELDS, n=1)
    raise UnknownField(
        [(f"there is no field {name[:100]!r}", f"#/{_escaped(name[:100])}") for name in unknown[:20]],
        hint=f"did you mean {near[0]}?" if near else f"the fields are {', '.join(sorted(FIELDS))}",
    )


def _fault(detail: ErrorDetails) -> tuple[str, str]:
    field = str(detail["loc"][0])
    if detail["type"] == "value_error":
        what = str(detail["ctx"]["error"])
    elif detail["type"] == "missing":
        what = "is missing"
    else:
        what = f"cannot be used: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
    return f"{field} {what}", f"#/{_escaped(field)}"


def _hint(fields: Mapping[str, Any]) -> str | None:
    language = fields.get("language")
    if isinstance(language, str) and language not in set(Language):
        near = difflib.get_close_matches(language[:100].lower(), list(Language), n=1)
        return f"did you mean {near[0]}?" if near else None
    return None


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
