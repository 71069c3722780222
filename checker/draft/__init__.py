"""Checking a draft against its sources, before publication."""
