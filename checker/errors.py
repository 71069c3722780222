"""Everything the checker raises on purpose.

CheckerError            one or two lines for the user: what, where, what to do
├── InputError          no usable document, unreadable input, malformed pair file
├── ConfigError         unknown key, wrong type or value out of range
├── ModelError          a model directory that cannot be loaded or trusted
└── StoreError          a store of reviews that cannot be opened, written or understood
"""


class CheckerError(Exception):
    """Base of all errors whose message is meant for the user."""


class InputError(CheckerError):
    """The input cannot be read or holds nothing to check."""


class ConfigError(CheckerError):
    """The configuration is not valid."""


class ModelError(CheckerError):
    """The model cannot be loaded, or fails its canary."""


class StoreError(CheckerError):
    """The store of runs and reviews cannot be opened, written or understood."""
