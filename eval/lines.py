"""JSON lines read strictly: every line fits a dataclass, or is named with file, line and field."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from checker.errors import InputError

SHOWN_PROBLEMS = 20
STRICT = ConfigDict(extra="forbid", strict=True)
# Not empty, no white space at either end.
Text = Annotated[str, Field(pattern=r"^\S(?:[\s\S]*\S)?$")]


def refuse(problems: Sequence[str]) -> None:
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        rest = f"\n… and {more} more" if more > 0 else ""
        raise InputError("\n".join(problems[:SHOWN_PROBLEMS]) + rest)


_Row = TypeVar("_Row")


def rows(path: Path, kind: type[_Row], problems: list[str]) -> Iterator[tuple[str, _Row]]:
    """Yield ("file:line", row); lines that do not fit go to `problems`."""
    adapter: TypeAdapter[_Row] = TypeAdapter(kind)
    for number, line in enumerate(path.read_text("utf-8").removesuffix("\n").split("\n"), 1):
        where = f"{path}:{number}"
        if not line.strip():
            problems.append(f"{where}: empty line")
            continue
        try:
            yield where, adapter.validate_json(line)
        except ValidationError as error:
            for detail in error.errors():
                field = ".".join(str(part) for part in detail["loc"]) or "the line"
                problems.append(f"{where}: field {field!r}: {detail['msg']}")
