"""What all tables of settings have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

Sized = Annotated[float, Field(ge=-1e30, le=1e30)]
"""A number of any size that float32 holds, and so that what is made of two of them by addition is finite."""


class OneOf(NamedTuple):
    """Says of a field that it is one of some names, of which there may be more in another process."""

    names: Callable[[], Sequence[str]]


class Table(BaseModel):
    """A table of settings: unchangeable, without unknown keys, without NaN, without silent conversions of type."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


_Kind = TypeVar("_Kind", bound="CheckedTable")


class CheckedTable(Table):
    """A table whose settings can be right on their own and contradict each other."""

    @classmethod
    def conflicts(cls, sound: dict[str, Any]) -> Iterator[tuple[str, str]]:
        """Yield (key, what is allowed) for each contradiction.

        sound: values of the settings that are right on their own; checks that need another one are left out
        """
        raise NotImplementedError

    @model_validator(mode="wrap")
    @classmethod
    def _check_together(cls: type[_Kind], data: Any, handler: ModelWrapValidatorHandler[_Kind]) -> _Kind:
        """Add what is wrong between fields to what is wrong in each, so that a user sees all of it at once."""
        problems: list[InitErrorDetails] = []
        settings: _Kind | None = None
        try:
            settings = handler(data)
        except ValidationError as error:
            for e in error.errors(include_url=False):
                context = e.get("ctx", {})
                own = PydanticCustomError("conflict", "{allowed}", context) if e["type"] == "conflict" else e["type"]
                problems.append(InitErrorDetails(type=own, loc=e["loc"], input=e["input"], ctx=context))
        if settings is not None:
            sound = {key: getattr(settings, key) for key in cls.model_fields}
        else:
            wrong = {str(problem["loc"][0]) for problem in problems if problem["loc"]}
            given = data if isinstance(data, dict) else {}
            defaults = {key: field.default for key, field in cls.model_fields.items() if not field.is_required()}
            sound = {key: value for key, value in {**defaults, **given}.items() if key not in wrong}
        for key, allowed in cls.conflicts(sound):
            text = PydanticCustomError("conflict", "{allowed}", {"allowed": allowed})
            problems.append(InitErrorDetails(type=text, loc=(key,), input=sound[key]))
        if problems or settings is None:
            raise ValidationError.from_exception_data(cls.__name__, problems)
        return settings
