"""How much room text takes, without a font at hand."""

import re

_NARROW = frozenset("iljtfrI.,:;'|!()[]{} -/")
_WIDE = frozenset("mwMW@%")
_FIRST_WIDE_SCRIPT = 0x2E80
# where a word without spaces may be broken: after punctuation, and before a capital
_SEAMS = re.compile(r"(?<=[._/:,-])|(?<=[a-z0-9])(?=[A-Z])")


def text_width(text: str, size: float) -> float:
    """Width of a text in a common sans-serif font, rather too much than too little."""
    return sum(_units(letter) for letter in text) * size


def _units(letter: str) -> float:
    if letter in _NARROW:
        return 0.4
    if letter in _WIDE:
        return 1.0
    return 0.72 if letter.isupper() or ord(letter) > _FIRST_WIDE_SCRIPT else 0.61


def wrapped(text: str, most: int) -> list[str]:
    """A text in lines of at most so many characters, broken at spaces, else where a word has a seam, else anywhere."""
    lines = [""]
    for word in text.split(" "):
        glue = " "
        for part in _parts(word, most):
            if lines[-1] and len(lines[-1]) + len(glue) + len(part) > most:
                lines.append(part)
            else:
                lines[-1] = f"{lines[-1]}{glue if lines[-1] else ''}{part}"
            glue = ""
    return [line for line in lines if line] or [""]


def _parts(word: str, most: int) -> list[str]:
    if len(word) <= most:
        return [word]
    return [part[at : at + most] for part in _SEAMS.split(word) for at in range(0, len(part), most)]
