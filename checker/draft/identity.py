"""What makes two sentences the same in substance, and the ids made of that.

Words, numbers and signs of currency and percent count; white space, case,
typography of quotes and dashes, and punctuation do not.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata

_SUBSTANCE = re.compile(r"[-−]?\d+(?:[.,:]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?|[%‰€$£¥°+]")


def substance(text: str) -> str:
    """Return the words and numbers of a sentence in one normal form.

    >>> substance("“The tax rose —  by 3.5 %.”") == substance('"The tax rose - by 3.5%."')
    True
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("−", "-")
    return " ".join(_SUBSTANCE.findall(plain))


def note_id(rule: str, *sentences: str, occurrence: int = 0) -> str:
    """Return the id of a note: 12 hexadecimal digits that depend on its sentences alone."""
    parts = [rule, *(substance(sentence) for sentence in sentences)]
    if occurrence:
        parts.append(str(occurrence))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:12]
