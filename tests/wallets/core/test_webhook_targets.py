"""Which addresses and URLs webhooks may go to."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidInput
from wallets.core.webhook_targets import Target, is_public, parse_target


def words(text: str) -> list[str]:
    return text.split()


PUBLIC = ("8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e")
NOT_PUBLIC = words("""
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.9 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::ffff:0:127.0.0.1 64:ff9b::7f00:1
    64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:0:7f00:1::1 2001:db8::1 2002:7f00:1::1 2002:a00:1:: 3fff::1
    fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1 5f00::1 4000::1
""")


@pytest.mark.parametrize("address", PUBLIC)
def test_the_open_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_everything_else(address: str) -> None:
    assert not is_public(address)


def parse(url: str, *, requires_https: bool = True, allows_private: bool = False) -> Target:
    return parse_target(url, requires_https=requires_https, allows_private=allows_private)


def test_a_url_is_taken_apart_once() -> None:
    target = parse("https://Hooks.Nordwind.example:8443/a%20b/c;d?e=f&g")
    assert target == Target("https", "hooks.nordwind.example", 8443, "Hooks.Nordwind.example:8443", "/a%20b/c;d?e=f&g")
    assert parse("https://xn--bcher-kva.example") == Target(
        "https", "xn--bcher-kva.example", 443, "xn--bcher-kva.example", "/"
    )


REFUSED = words("""
    http://hooks.nordwind.example/ ftp://hooks.nordwind.example/ file:///etc/passwd gopher://a.example/ //a.example/
    https:a.example https:/a.example https:///a.example javascript:alert(1) hooks.nordwind.example https://
    https://user@a.example/ https://user:pass@a.example/ https://a.example@10.0.0.1/ https://a.example#b.example/
    https://a.example/#fragment https://a.example:22/ https://a.example:80/ https://a.example:0/ https://a.example:99999/
    https://a.example:-1/ https://a.example:x/ https://localhost/ https://localhost:8443/ https://intranet/
    https://127.0.0.1/ https://2130706433/ https://0x7f000001/ https://017700000001/ https://127.1/ https://0x7f.0.0.1/
    https://0177.0.0.1/ https://127.0.0.0x1/ https://1.1.1.1/ https://[::1]/ https://[::ffff:127.0.0.1]/
    https://[fe80::1%25eth0]/ https://[::1 https://a..example/ https://.example/ https://a.example./ https://-a.example/
    https://a-.example/ https://a.example\\@b.example/ https://a.example\\b https://a%2eexample/ https://a.exämple/
    https://①②⑦.0.0.1/ https://a,b.example/ https://a.example:443:443/
""")


@pytest.mark.parametrize(
    "url",
    [
        *REFUSED,
        "",
        " https://a.example/",
        "https://a.example/\n",
        "https://a.example/a b",
        "https://a.example/\x00",
        "https://a.example/" + "a" * 2000,
        "https://" + "a" * 64 + ".example/",
        "https://" + ".".join(["abcdefgh"] * 40) + "/",
    ],
)
def test_what_is_refused_where_strangers_reach_us(url: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse(url)
    assert [error["pointer"] for error in refusal.value.data["errors"]] == ["/url"]


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://127.0.0.1:8000/", "127.0.0.1", 8000),
        ("http://[::1]:8000/", "::1", 8000),
        ("http://localhost/", "localhost", 80),
        ("https://localhost/", "localhost", 443),
    ],
)
def test_development_may_use_this_machine(url: str, host: str, port: int) -> None:
    target = parse(url, requires_https=False, allows_private=True)
    assert (target.host, target.port) == (host, port)
    with pytest.raises(InvalidInput):
        parse(url, requires_https=False)
