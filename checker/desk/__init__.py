"""The fact-checkers' desk: findings stored, reviewed in a browser by several people, handed on.

Nothing here loads a model; the web process stays small.
"""
