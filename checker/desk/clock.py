"""Times as the store keeps them."""

from __future__ import annotations

import datetime


def now() -> str:
    """This moment in UTC, ISO 8601 to the millisecond: "2025-03-04T09:30:00.000+00:00"."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
