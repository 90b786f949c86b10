"""Small pieces of XML, as the two forms of banks and accountants are written in."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, tostring

_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def node(name: str, *content: Element | str | None, **attributes: str) -> Element:
    """An element of texts and elements. What is None is left out; characters that XML cannot hold become U+FFFD."""
    element = Element(name, attributes)
    for part in content:
        if isinstance(part, str):
            element.text = (element.text or "") + _NOT_IN_XML.sub("\ufffd", part)
        elif part is not None:
            element.append(part)
    return element


def written(nodes: Iterable[Element]) -> bytes:
    """The elements one after the other; the namespace is declared around them."""
    return "".join(tostring(element, encoding="unicode") for element in nodes).encode()
