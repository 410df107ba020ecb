"""Elements of XML as text."""

from html import escape


def element(tag: str, *children: str, **attributes: str | float) -> str:
    """An element; children are markup, attributes plain values.

    In the names of attributes ``_`` stands for ``-``, and one at the end is dropped: ``class_`` is ``class``.
    """
    written = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(number(value) if isinstance(value, int | float) else value)}"'
        for name, value in attributes.items()
    )
    return f"<{tag}{written}>{''.join(children)}</{tag}>" if children else f"<{tag}{written}/>"


def number(value: float) -> str:
    """A number with at most one decimal, the same on every machine."""
    text = f"{value:.1f}".removesuffix(".0")
    return "0" if text == "-0" else text
