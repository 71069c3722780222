"""The report's JSON schema, version 1, as the desk reads it: typed, checked, then trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from checker.errors import InputError

SCHEMA_VERSION = 1
# Largest report read, in bytes.
MAX_REPORT_BYTES = 500_000_000
_STRICT = ConfigDict(strict=True, extra="ignore")

Name = Annotated[str, Field(min_length=1, max_length=200)]
Date = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$")]
Probability = Annotated[float, Field(ge=0, le=1.0001)]
Offset = Annotated[int, Field(ge=0)]


@with_config(_STRICT)
class DocumentRecord(TypedDict):
    """One entry of `documents`."""

    id: Name
    title: str
    source: str
    published: Date | None
    author: NotRequired[str | None]
    path: str
    origin: Name
    text: str


@with_config(_STRICT)
class ClaimRecord(TypedDict):
    """One entry of `claims`."""

    id: Name
    document_id: Name
    start: Offset
    end: Offset
    text: str
    scored: NotRequired[str]
    context: NotRequired[str]
    speaker: NotRequired[str | None]
    hedged: NotRequired[bool]
    when: NotRequired[str | None]


@with_config(_STRICT)
class SideRecord(TypedDict):
    """Side `a` or `b` of a finding; what else stands there repeats the claim."""

    claim_id: Name


@with_config(_STRICT)
class DifferenceRecord(TypedDict):
    """One entry of a finding's `differences`."""

    kind: str
    a: str
    b: str


@with_config(_STRICT)
class FindingRecord(TypedDict):
    """One entry of `findings`, which are sorted most serious first."""

    id: Name
    verdict: Literal["contradicts", "agrees"]
    confidence: Probability
    explained_by: list[Literal["time", "attribution", "scope"]]
    group: NotRequired[str]
    a: SideRecord
    b: SideRecord
    reasons: NotRequired[list[str]]
    scores: NotRequired[dict[str, dict[str, float]]]
    differences: NotRequired[list[DifferenceRecord]]


@with_config(_STRICT)
class ReportRecord(TypedDict):
    """The whole of `report.json`."""

    schema_version: int
    created: Annotated[str, Field(max_length=40)]
    model: dict[str, Any]
    documents: list[DocumentRecord]
    claims: list[ClaimRecord]
    findings: list[FindingRecord]
    problems: NotRequired[list[dict[str, Any]]]
    stats: NotRequired[dict[str, Any]]


def read_report(path: Path) -> ReportRecord:
    """Read and check a `report.json`.

    Raises InputError that names the file and the field: missing, too large,
    not JSON, of another schema version, or with references that lead nowhere.
    """
    try:
        if path.stat().st_size > MAX_REPORT_BYTES:
            raise InputError(f"{path}: larger than {MAX_REPORT_BYTES:,} bytes")
        data = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a report.json: {error}") from error
    return check_report(data, str(path))


def check_report(data: object, where: str) -> ReportRecord:
    """Return `data` as a report, or raise InputError that names `where` and the field."""
    version = data.get("schema_version") if isinstance(data, dict) else None
    if version != SCHEMA_VERSION:
        raise InputError(
            f"{where}: not a report of schema version {SCHEMA_VERSION}; "
            "make one with: checker check PATH… --format json"
        )
    try:
        report = TypeAdapter(ReportRecord).validate_python(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{where}: field {field!r}: {first['msg']}") from error
    texts = {document["id"]: document["text"] for document in report["documents"]}
    claims = set()
    for number, claim in enumerate(report["claims"]):
        claims.add(claim["id"])
        text = texts.get(claim["document_id"])
        if text is None or text[claim["start"] : claim["end"]] != claim["text"]:
            raise InputError(
                f"{where}: field 'claims.{number}': its text does not stand in its document at "
                f"{claim['start']}-{claim['end']}; the report was changed after it was written"
            )
    for number, finding in enumerate(report["findings"]):
        if not {finding["a"]["claim_id"], finding["b"]["claim_id"]} <= claims:
            raise InputError(f"{where}: field 'findings.{number}': names a claim that is not there")
    return report
