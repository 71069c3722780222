"""Measuring the checker: `python -m eval pairs|claims|pairing|documents|drafts|fit|levels|gate`.

Everything is measured through the product's own functions, so that a number
here is a number of what users run. Nothing in this package is needed at run
time, and nothing is fitted on a test file.
"""
