from __future__ import annotations

import segno
from django.utils.safestring import SafeString, mark_safe


def qr_code(text: str, *, title: str) -> SafeString:
    """A QR code as SVG to stand within a page. Dark on light in every theme: many cameras read no other.

    Args:
        title: what screen readers say instead.
    """
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        title=title, dark="#000", light="#fff", border=4, omitsize=True, svgclass="qr-code", lineclass=None
    )
    return mark_safe(drawn.replace("<svg ", '<svg role="img" ', 1))  # noqa: S308 - modules and our own title
