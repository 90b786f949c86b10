from __future__ import annotations

import pytest

from compliance.core.programs import program_of

AGENTS = {
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
    "Mozilla/5.0 (Windows NT 10.0; Win64) AppleWebKit/537.36 (KHTML) Chrome/150.0 Safari/537.36 Edg/150.0": (
        "Edge on Windows"
    ),
    "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36": (
        "Chrome on Android"
    ),
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 (KHTML) Version/19.0 Safari/604.1": (
        "Safari on iPhone"
    ),
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 Version/19.0 Safari/605.1": "Safari on macOS",
    "python-httpx/0.28": "python-httpx/0.28",
    "x" * 300: "x" * 40,
    "": "",
}


@pytest.mark.parametrize("agent", AGENTS)
def test_what_a_browser_is_called(agent: str) -> None:
    assert program_of(agent) == AGENTS[agent]
