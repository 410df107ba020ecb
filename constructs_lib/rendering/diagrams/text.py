"""How much room text takes, without a font at hand."""

_NARROW = frozenset("iljtfrI.,:;'|!()[]{} -/")
_WIDE = frozenset("mwMW@%")
_FIRST_WIDE_SCRIPT = 0x2E80


def text_width(text: str, size: float) -> float:
    """Width of a text in a common sans-serif font, rather too much than too little."""
    return sum(_units(letter) for letter in text) * size


def _units(letter: str) -> float:
    if letter in _NARROW:
        return 0.36
    if letter in _WIDE:
        return 0.92
    return 0.7 if letter.isupper() or ord(letter) > _FIRST_WIDE_SCRIPT else 0.58


def wrapped(text: str, most: int) -> list[str]:
    """A text in lines of at most so many characters, broken at spaces where there are any."""
    lines = [""]
    for word in text.split(" "):
        rest = word
        while len(rest) > most:
            lines.append(rest[:most])
            rest = rest[most:]
        if lines[-1] and len(lines[-1]) + 1 + len(rest) > most:
            lines.append(rest)
        else:
            lines[-1] = f"{lines[-1]} {rest}".strip()
    return [line for line in lines if line] or [""]
