"""Something slow to load, loaded in a thread while other work goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

_Loaded = TypeVar("_Loaded")


class Background(Generic[_Loaded]):
    """A thing that `begin` starts to load and `get` waits for."""

    def __init__(self, load: Callable[[], _Loaded]) -> None:
        self._load = load
        self._thread: threading.Thread | None = None
        self._loaded: _Loaded | None = None
        self._error: BaseException | None = None

    def begin(self) -> None:
        """Load in a thread; loading is mostly outside Python, so other work goes on."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            self._loaded = self._load()
        except BaseException as error:
            self._error = error

    def get(self) -> _Loaded:
        """Return the loaded thing; raises what loading raised."""
        self.begin()
        assert self._thread is not None
        self._thread.join()
        if self._loaded is None:
            error, self._error, self._thread = self._error, None, None
            assert error is not None
            raise error
        return self._loaded
