"""Downloads go over the catalogue's hosts, and never into the user's own network unasked."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publishers import serving

from coverage_gis.errors import DownloadError, SettingsError
from coverage_gis.fetch.entries import load_downloads
from coverage_gis.fetch.guard import Guard, allowing, is_public, origin_of, parse_allowed
from coverage_gis.fetch.opening import open_transport
from coverage_gis.fetch.transport import Http, Request

KSJ = "https://nlftp.mlit.go.jp/ksj/gml/data/N03/x.zip"


@pytest.mark.parametrize(
    "address",
    ["10.1.2.3", "172.16.0.1", "192.168.0.1", "127.0.0.1", "169.254.169.254", "100.64.0.1",
     "0.0.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1",
     "::ffff:10.0.0.1", "::ffff:127.0.0.1", "", "nlftp.mlit.go.jp", "1.2.3", "010.0.0.1"],
)  # fmt: skip
def test_private_addresses_and_what_is_none(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2404:6800::1", "::ffff:8.8.8.8"])
def test_public_addresses(address):
    assert is_public(address)


@given(st.text(max_size=60))
def test_any_text_as_an_address_has_an_answer(text):
    assert is_public(text) in (True, False)
    try:
        scheme, host, port = origin_of(text)
    except DownloadError:
        return
    assert scheme in ("http", "https")
    assert host
    assert 0 < port < 65536


def test_an_origin_is_scheme_host_and_port():
    assert origin_of("HTTPS://NLFTP.mlit.go.jp./x?y") == ("https", "nlftp.mlit.go.jp", 443)
    assert origin_of("http://[::1]:8080/x") == ("http", "::1", 8080)


@pytest.mark.parametrize(
    "text", ["data.example.jp", "data.example.jp:8443", "http://data.example.jp", "http://[::1]:80"]
)
def test_what_the_message_says_to_allow_allows_it(text):
    origin = parse_allowed(text)
    assert parse_allowed(allowing(origin)) == origin


@pytest.mark.parametrize("text", ["", "https://data.example.jp/path", "ftp://x", "a b:c", "://"])
def test_what_cannot_be_allowed(text):
    with pytest.raises(SettingsError, match="is not a host to allow"):
        parse_allowed(text)


def test_another_port_or_an_unencrypted_one_is_another_origin():
    guard = Guard(frozenset({origin_of(KSJ)}))
    guard.check_url(KSJ)
    for url in (
        "http://nlftp.mlit.go.jp/x",
        "https://nlftp.mlit.go.jp:8443/",
        "https://mlit.go.jp/",
        "https://nlftp.mlit.go.jp.example.com/",
        "https://evil.jp/nlftp.mlit.go.jp",
    ):
        with pytest.raises(DownloadError, match="refused"):
            guard.check_url(url)


def test_no_redirect_from_https_to_http_even_where_both_are_allowed():
    guard = Guard(frozenset({("https", "a.jp", 443), ("http", "a.jp", 80)}))
    with pytest.raises(DownloadError, match="not encrypted"):
        guard.check_url("http://a.jp/", came_from="https://a.jp/")


def test_a_known_host_whose_name_leads_into_the_house_is_refused():
    """A forged name server; the connection is there, but nothing is asked."""
    with serving() as server:
        server.put("https://x/y", b"secret")
        origin = origin_of(server.url)
        http = Http(Guard(frozenset({origin})), timeout_s=5)
        request = Request(f"{server.url}/x/y", {})
        with (
            pytest.raises(DownloadError, match=r"private address 127\.0\.0\.1"),
            http.open(request),
        ):
            pass
        assert server.asked == []
        trusting = Http(Guard(frozenset(), frozenset({origin})), timeout_s=5)
        with trusting.open(request) as answer:
            assert answer.read(100) == b"secret"


def test_shipped_hosts_are_known_and_those_of_the_user_are_trusted(tmp_path):
    settings = tmp_path / "mine.toml"
    settings.write_text(
        '[fetch]\nallow_hosts = ["other.example.jp"]\n'
        '[downloads.mine]\nurl = "http://intra.example.jp:8080/a.csv"\nfile = "a.csv"\n',
        encoding="utf-8",
    )
    transport = open_transport(load_downloads(settings), allow_hosts=["third.example.jp:444"])
    guard = transport._guard
    hosts = {host for _, host, _ in guard.known}
    assert hosts == {
        "www.e-stat.go.jp", "nlftp.mlit.go.jp", "hinanmap.gsi.go.jp", "www.mhlw.go.jp",
        "api.gtfs-data.jp", "download.geofabrik.de",
    }  # fmt: skip
    assert {scheme for scheme, _, _ in guard.known} == {"https"}
    assert guard.trusted == {
        ("http", "intra.example.jp", 8080),
        ("https", "other.example.jp", 443),
        ("https", "third.example.jp", 444),
    }
