"""Paths into JSON as SageMaker Pipelines takes them."""

import re

JSON_PATH = re.compile(r"(?:[^.\[\]'\"*?@$\s]+|\['[^']+'\])(?:\.[^.\[\]'\"*?@$\s]+|\[\d+\]|\['[^']+'\])*")
"""Names and positions that lead to one value: ``a.b[0]``, ``['a b'].c``."""
