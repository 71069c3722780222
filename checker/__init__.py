"""Find where documents contradict each other, and where they agree.

    import checker
    report = checker.check(["articles/"])
    for finding in report.findings:
        print(finding.verdict, finding.pair.a.text, finding.pair.b.text)

Only what is named in `__all__` is public. Importing this package loads
neither torch nor a model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checker.errors import CheckerError, ConfigError, InputError, ModelError
from checker.types import (
    Claim,
    Difference,
    Document,
    Explanation,
    Finding,
    ModelInfo,
    Pair,
    Problem,
    Report,
    Scores,
    Stats,
    Verdict,
)

if TYPE_CHECKING:
    from checker.config import Config, load_config
    from checker.pipeline import check, check_documents

__version__ = "0.1.0"
__all__ = [
    "CheckerError",
    "Claim",
    "Config",
    "ConfigError",
    "Difference",
    "Document",
    "Explanation",
    "Finding",
    "InputError",
    "ModelError",
    "ModelInfo",
    "Pair",
    "Problem",
    "Report",
    "Scores",
    "Stats",
    "Verdict",
    "check",
    "check_documents",
    "load_config",
]

_LAZY = {
    "check": "checker.pipeline",
    "check_documents": "checker.pipeline",
    "Config": "checker.config",
    "load_config": "checker.config",
}


def __getattr__(name: str) -> Any:
    """Import what is heavy only when it is asked for (PEP 562)."""
    if name in _LAZY:
        import importlib

        return getattr(importlib.import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
