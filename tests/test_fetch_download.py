"""One file from a server with faults: whole and right, or not at all, with the reason."""

from __future__ import annotations

import json
import random
import zipfile
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from inventory_files import N03, zipped
from publishers import HTML, content, dropped, promising, redirect, serving, slow, status

from coverage_gis.errors import DownloadError
from coverage_gis.fetch.download import BY_HAND, NEW, UNCHANGED, fetch_file
from coverage_gis.fetch.guard import Guard, origin_of
from coverage_gis.fetch.mirror import MirrorServer
from coverage_gis.fetch.record import Records
from coverage_gis.fetch.retry import Policy, Unreachable, retry_after_s
from coverage_gis.fetch.session import Download, Session
from coverage_gis.fetch.transport import Http

URL = "https://nlftp.mlit.go.jp/ksj/gml/data/N03/N03-2025/N03-20250101_16_GML.zip"
PATH = PurePosixPath("16/ksj/N03-20250101_16_GML.zip")
NOW = datetime(2026, 10, 7, 3, 0, tzinfo=UTC)


def noise(size: int) -> bytes:
    return random.Random(0).randbytes(size)


ZIP = zipped({"N03-20250101_16.geojson": N03, "noise.bin": noise(600_000)})


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server():
    with serving() as running:
        yield running


class Case:
    """A session against the server, whose waits are noted instead of waited."""

    def __init__(self, server, raw, *, attempts=5, timeout_s=5.0, trusted=(), **options):
        self.server, self.raw, self.waits = server, raw, []
        guard = Guard(frozenset(), frozenset({origin_of(server.url), *map(origin_of, trusted)}))
        options = {"largest_bytes": 10**8, "slowest_bytes_per_s": 1.0, **options}
        self.session = Session(
            raw=raw,
            transport=MirrorServer(Http(guard, timeout_s=timeout_s), server.url),
            records=Records(raw),
            policy=Policy(attempts, 2.0, 120.0, self.waits.append, lambda: 0.0, lambda: NOW),
            **options,
        )

    def fetch(self, url=URL, path=PATH, file_format="zip", **options):
        self.seen = []
        download = Download("n03", url, path, file_format, **options)
        return fetch_file(
            self.session, download, lambda done, total: self.seen.append((done, total))
        )

    def failure(self, **options) -> str:
        with pytest.raises(DownloadError) as caught:
            self.fetch(**options)
        assert URL in str(caught.value) or "url" in options
        assert not (self.raw / PATH).exists()
        return str(caught.value)

    def files(self):
        return sorted(
            p.relative_to(self.raw).as_posix() for p in self.raw.rglob("*") if p.is_file()
        )


@pytest.fixture
def case(server, tmp_path):
    return Case(server, tmp_path / "raw")


def ranges(server):
    return [a.headers.get("range") for a in server.asked]


def test_a_file_arrives_and_its_record_says_where_from(case, server):
    resource = server.put(URL, ZIP, last_modified="Wed, 01 Jan 2025 00:00:00 GMT")
    assert case.fetch() == NEW
    assert (case.raw / PATH).read_bytes() == ZIP
    assert case.files() == ["16/.fetch.json", PATH.as_posix()]
    kept = json.loads((case.raw / "16/.fetch.json").read_text())["files"]["ksj/" + PATH.name]
    assert kept["url"] == URL
    assert kept["etag"] == resource.etag
    assert kept["last_modified"] == "Wed, 01 Jan 2025 00:00:00 GMT"
    assert kept["size"] == len(ZIP)
    assert kept["fetched"] == "2026-10-07T03:00:00+00:00"
    assert case.seen[-1] == (len(ZIP), len(ZIP))
    assert server.asked[0].headers["user-agent"].startswith("coverage-gis/")
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_asked_again_only_whether_it_changed(case, server):
    resource = server.put(URL, ZIP)
    case.fetch()
    assert Case(server, case.raw).fetch() == UNCHANGED
    assert server.asked[1].headers["if-none-match"] == resource.etag
    newer = zipped({"N03-20250101_16.geojson": N03 + b" "})
    server.put(URL, newer)
    assert Case(server, case.raw).fetch() == NEW
    assert (case.raw / PATH).read_bytes() == newer


def test_a_server_without_etag_is_asked_by_date(case, server):
    server.put(URL, ZIP, etag=None, last_modified="Wed, 01 Jan 2025 00:00:00 GMT")
    case.fetch()
    assert Case(server, case.raw).fetch() == UNCHANGED
    assert server.asked[1].headers["if-modified-since"] == "Wed, 01 Jan 2025 00:00:00 GMT"


def test_a_file_that_was_deleted_is_fetched_again(case, server):
    server.put(URL, ZIP)
    case.fetch()
    (case.raw / PATH).unlink()
    assert case.fetch() == NEW
    assert "if-none-match" not in server.asked[1].headers


def test_a_file_put_there_by_hand_is_left_alone_unless_forced(case, server):
    server.put(URL, ZIP)
    path = case.raw / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    assert case.fetch() == BY_HAND
    assert path.read_bytes() == b"mine"
    assert server.asked == []
    assert Case(server, case.raw, force=True).fetch() == NEW
    assert path.read_bytes() == ZIP
    path.write_bytes(b"mine again")  # fetched once, then replaced by hand
    assert case.fetch() == BY_HAND


def test_a_run_killed_before_its_note_knows_its_file_again(case, server, monkeypatch):
    server.put(URL, ZIP)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Records, "keep", killed)
        with pytest.raises(KeyboardInterrupt):
            case.fetch()
    assert (case.raw / PATH).exists()
    assert Case(server, case.raw).fetch() == NEW  # not taken for a file put there by hand
    assert Case(server, case.raw).fetch() == UNCHANGED


def test_a_connection_dropped_mid_file_is_resumed_where_it_broke_off(case, server):
    resource = server.put(URL, ZIP, dropped(200_000), dropped(100_000))
    assert case.fetch() == NEW
    assert (case.raw / PATH).read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=200000-", "bytes=300000-"]
    assert server.asked[1].headers["if-range"] == resource.etag
    assert case.waits == [1.0, 2.0]  # 2 s and 4 s, halved by the least jitter
    assert case.files() == ["16/.fetch.json", PATH.as_posix()]


def test_what_a_killed_run_left_is_continued_by_the_next(server, tmp_path):
    server.put(URL, ZIP, dropped(200_000))
    first = Case(server, tmp_path, attempts=1)
    assert "broke off after 200,000 of" in first.failure()
    assert Case(server, tmp_path).fetch() == NEW
    assert ranges(server) == [None, "bytes=200000-"]
    assert (tmp_path / PATH).read_bytes() == ZIP


def test_a_file_that_changed_in_between_is_not_patched_together(case, server):
    other = zipped({"N03-20250101_16.geojson": N03, "noise.bin": noise(500_000)[::-1]})
    old = server.put(URL, ZIP, dropped(200_000))

    def exchanged(handler, resource):
        resource.content, resource.etag = other, '"new"'
        handler.whole(resource)

    old.faults.append(exchanged)
    assert case.fetch() == NEW
    assert (case.raw / PATH).read_bytes() == other
    assert ranges(server) == [None, "bytes=200000-"]


def test_parts_that_do_not_fit_are_thrown_away_and_it_starts_over(case, server):
    """A server that claims the same ETag for other bytes: the checksums in the zip tell."""
    resource = server.put(URL, noise(300_000), dropped(200_000))

    def exchanged(handler, resource):
        resource.content = ZIP
        handler.whole(resource)

    resource.faults.append(exchanged)
    assert case.fetch() == NEW
    assert (case.raw / PATH).read_bytes() == ZIP
    assert ranges(server) == [None, "bytes=200000-", None]


def test_a_part_of_another_address_is_no_beginning_of_this_one(server, tmp_path):
    """The same name and ETag, as two editions of a feed may have."""
    server.put(URL, ZIP, dropped(200_000), etag='"1"')
    Case(server, tmp_path, attempts=1).failure()
    other, body = URL + "?uid=2", zipped({"b.bin": noise(300_000)})
    server.put(other, body, etag='"1"')
    assert Case(server, tmp_path).fetch(other) == NEW
    assert ranges(server) == [None, None]
    assert (tmp_path / PATH).read_bytes() == body


def test_a_file_from_another_address_is_not_asked_whether_it_changed(case, server):
    one, other = (zipped({"a.bin": noise(1000)[::step]}) for step in (1, -1))
    server.put(URL, one, etag='"1"')
    server.put(URL + "?uid=2", other, etag='"1"')
    assert case.fetch() == NEW
    assert case.fetch(URL + "?uid=2") == NEW
    assert (case.raw / PATH).read_bytes() == other


def test_killed_as_a_changed_file_begins_old_bytes_are_not_taken_for_new(
    server, tmp_path, monkeypatch
):
    server.put(URL, noise(300_000), dropped(200_000))
    Case(server, tmp_path, attempts=1).failure()
    server.put(URL, ZIP)

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("coverage_gis.fetch.download._Attempt._copy", killed)
        with pytest.raises(KeyboardInterrupt):
            Case(server, tmp_path).fetch()
    server.asked.clear()
    assert Case(server, tmp_path).fetch() == NEW
    assert ranges(server) == [None]
    assert (tmp_path / PATH).read_bytes() == ZIP


def test_without_a_validator_nothing_is_resumed(case, server):
    server.put(URL, ZIP, dropped(200_000), etag=None)
    assert case.fetch() == NEW
    assert ranges(server) == [None, None]


def test_a_weak_etag_is_no_validator_for_parts(case, server):
    server.put(URL, ZIP, dropped(200_000), etag='W/"1"')
    assert case.fetch() == NEW
    assert ranges(server) == [None, None]


def test_a_part_sent_without_its_etag_still_belongs_to_the_first(case, server):
    def bare(handler, resource):
        start, size = 200_000, len(resource.content)
        headers = {"Content-Range": f"bytes {start}-{size - 1}/{size}"}
        body = resource.content[start:]
        handler.say(206, body, headers, send=lambda b: handler.wfile.write(b[:100_000]))

    resource = server.put(URL, ZIP, dropped(200_000), bare)
    assert case.fetch() == NEW
    assert ranges(server) == [None, "bytes=200000-", "bytes=300000-"]
    assert server.asked[2].headers["if-range"] == resource.etag


def test_a_server_without_ranges_sends_all_again(case, server):
    server.put(URL, ZIP, dropped(200_000), ranges=False)
    assert case.fetch() == NEW
    assert ranges(server) == [None, "bytes=200000-"]
    assert (case.raw / PATH).read_bytes() == ZIP


def test_a_part_that_is_already_whole_is_not_fetched_again(server, tmp_path):
    server.put(URL, ZIP, promising(len(ZIP) + 10))
    assert "broke off" in Case(server, tmp_path, attempts=1).failure()
    assert Case(server, tmp_path).fetch() == NEW  # 416, bytes */size
    assert ranges(server) == [None, f"bytes={len(ZIP)}-"]
    assert (tmp_path / PATH).read_bytes() == ZIP


def test_404_is_not_asked_twice(case, server):
    assert "status 404 (not there)" in case.failure()
    assert len(server.asked) == 1
    assert case.waits == []


@pytest.mark.parametrize("code", [500, 502, 503, 504, 429, 408])
def test_a_passing_failure_passes(case, server, code):
    server.put(URL, ZIP, status(code), status(code))
    assert case.fetch() == NEW
    assert case.waits == [1.0, 2.0]


def test_waits_double_with_jitter_and_the_attempts_are_counted(case, server):
    server.put(URL, ZIP, *[status(500)] * 9)
    assert "status 500 (a fault of the server)" in case.failure()
    assert len(server.asked) == 5
    assert case.waits == [1.0, 2.0, 4.0, 8.0]


def test_retry_after_is_heeded_in_seconds_and_as_a_date(case, server):
    date = "Wed, 07 Oct 2026 03:01:30 GMT"
    server.put(URL, ZIP, status(503, Retry_After="7"), status(503, Retry_After=date))
    assert case.fetch() == NEW
    assert case.waits == [7.0, 90.0]


def test_a_retry_after_of_hours_is_said_not_waited(case, server):
    server.put(URL, ZIP, status(503, Retry_After="7200"))
    assert "asks to come back after 7200 s" in case.failure()
    assert case.waits == []


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0.0), (" 30 ", 30.0), ("soon", None), ("-1", None), ("", None), (None, None),
     ("Wed, 07 Oct 2026 02:00:00 GMT", 0.0), ("³", None)],
)  # fmt: skip
def test_retry_after_values(text, seconds):
    assert retry_after_s(text, NOW) == seconds


def test_steady_progress_does_not_use_up_the_attempts(server, tmp_path):
    body = zipped({"noise.bin": noise(9 * 2**20)})
    server.put(URL, body, *[dropped(2**20)] * 8)
    case = Case(server, tmp_path, attempts=2)
    assert case.fetch() == NEW
    assert len(server.asked) == 9
    assert case.waits == [1.0] * 8


def test_a_trickle_uses_them_up(server, tmp_path):
    server.put(URL, ZIP, *[dropped(10)] * 20)
    assert "broke off after" in Case(server, tmp_path, attempts=3).failure()
    assert len(server.asked) == 3


def test_a_server_that_falls_silent_is_given_up_and_asked_again(server, tmp_path):
    server.put(URL, ZIP, slow(2.0))
    case = Case(server, tmp_path, timeout_s=0.2)
    assert case.fetch() == NEW
    assert len(case.waits) == 1


def test_a_connection_that_only_trickles_is_broken_off(server, tmp_path):
    server.put(URL, ZIP)
    ticks = iter(range(0, 10**9, 1000))  # every look at the clock is 1000 s later
    case = Case(
        server, tmp_path, attempts=1, slowest_bytes_per_s=1e6, clock=lambda: float(next(ticks))
    )
    assert "was too slow" in case.failure()


def test_a_content_length_too_long_is_a_break(case, server):
    server.put(URL, ZIP, *[promising(len(ZIP) + 5)] * 9, ranges=False)
    assert f"broke off after {len(ZIP):,} of {len(ZIP) + 5:,} bytes" in case.failure()


def test_a_content_length_too_short_is_a_truncated_zip(case, server):
    server.put(URL, ZIP, promising(len(ZIP) - 100))
    assert "damaged or truncated zip" in case.failure()
    assert case.files() == ["16/.fetch.json"]


def test_no_content_length_at_all(case, server):
    server.put(URL, ZIP, promising(None))
    assert case.fetch() == NEW
    assert (case.raw / PATH).read_bytes() == ZIP


def test_an_error_page_with_status_200_is_never_kept(case, server):
    server.put(URL, ZIP, content(HTML, Content_Type="application/zip"))
    assert "is a web page, not a zip file: “エラー”" in case.failure()
    assert case.files() == ["16/.fetch.json"]


def test_an_error_page_does_not_replace_what_is_there(case, server):
    server.put(URL, ZIP)
    case.fetch()
    server.put(URL, HTML)
    with pytest.raises(DownloadError, match="web page"):
        case.fetch()
    assert (case.raw / PATH).read_bytes() == ZIP
    server.put(URL, ZIP)
    assert case.fetch() == UNCHANGED


@pytest.mark.parametrize("cut", [1, 30, 1000, len(ZIP) // 2, len(ZIP) - 1])
def test_a_truncated_zip_is_never_kept(case, server, cut):
    server.put(URL, ZIP[:cut])
    assert "zip" in case.failure()
    assert case.files() == ["16/.fetch.json"]


def test_a_zip_with_a_flipped_bit_is_never_kept(case, server):
    middle = len(ZIP) // 2
    server.put(URL, ZIP[:middle] + bytes([ZIP[middle] ^ 1]) + ZIP[middle + 1 :])
    assert "damaged" in case.failure()


def test_an_empty_answer_is_never_kept(case, server):
    server.put(URL, b"")
    assert "is empty" in case.failure()


def test_a_file_larger_than_any_is_refused_before_and_while_it_comes(server, tmp_path):
    server.put(URL, ZIP)
    assert "more than any" in Case(server, tmp_path, largest_bytes=1000).failure()
    server.put(URL, ZIP, promising(None))
    small = Case(server, tmp_path, largest_bytes=1000)
    assert "sends more than 1,000 bytes" in small.failure()
    assert small.files() == ["16/.fetch.json"]


def test_a_compressed_transfer_that_nobody_asked_for_is_refused(case, server):
    server.put(URL, ZIP, lambda h, r: h.say(200, r.content, {"Content-Encoding": "gzip"}))
    assert "compressed" in case.failure()


def test_redirects_are_followed_on_allowed_hosts(case, server):
    server.put("https://files.example.jp/n03.zip", ZIP)
    server.put(URL, b"", redirect(f"{server.url}/files.example.jp/n03.zip"))
    assert case.fetch() == NEW
    server.put(URL, b"", redirect("/files.example.jp/n03.zip", 308))
    assert Case(server, case.raw, force=True).fetch() == NEW


def test_a_redirect_to_another_host_is_refused_unless_allowed(server, case, tmp_path):
    with serving() as other:
        other.put("https://x/n03.zip", ZIP)
        there = f"{other.url}/x/n03.zip"
        server.put(URL, b"", redirect(there))
        with pytest.raises(
            DownloadError, match=r"was refused: 127\.0\.0\.1 is not among"
        ) as caught:
            case.fetch()
        assert f"--allow-host {other.url}" in str(caught.value)
        assert other.asked == []
        server.put(URL, b"", redirect(there))
        assert Case(server, tmp_path / "b", trusted=[other.url]).fetch() == NEW


@pytest.mark.parametrize(
    "location",
    ["http://10.0.0.1/x", "http://192.168.1.1/", "http://169.254.169.254/latest/meta-data/",
     "http://[::1]/", "http://localhost/", "file:///etc/passwd", "ftp://example.jp/x",
     "https://user:pw@nlftp.mlit.go.jp/x", "http://nlftp.mlit.go.jp:99999/", "https://"],
)  # fmt: skip
def test_a_redirect_into_the_house_or_to_no_web_address_is_refused(case, server, location):
    server.put(URL, b"", redirect(location))
    with pytest.raises(DownloadError):
        case.fetch()
    assert len(server.asked) == 1
    assert case.waits == []


def test_a_redirect_in_circles_ends(case, server):
    where = f"{server.url}/{URL.removeprefix('https://')}"
    server.put(URL, b"", *[redirect(where)] * 50)
    with pytest.raises(DownloadError, match="redirected more than 5 times"):
        case.fetch()
    assert len(server.asked) == 6


def test_a_redirect_to_nowhere_is_said(case, server):
    server.put(URL, b"", redirect(""))
    with pytest.raises(DownloadError, match="redirects to nowhere"):
        case.fetch()


def test_a_server_that_is_not_there_is_unreachable(server, tmp_path):
    case = Case(server, tmp_path, attempts=2)
    server.server_close()
    with pytest.raises(Unreachable, match="no connection"):
        case.fetch()
    assert case.waits == [1.0]


def test_one_file_in_two_places_is_stored_once(case, server):
    path, link = PurePosixPath("regions/a.zip"), PurePosixPath("16/osm/a.zip")
    server.put(URL, ZIP)
    assert case.fetch(path=path, link=link) == NEW
    assert (case.raw / path).samefile(case.raw / link)
    assert case.fetch(path=path, link=link) == UNCHANGED
    newer = zipped({"a.txt": b"newer"})
    server.put(URL, newer)
    assert case.fetch(path=path, link=link) == NEW
    assert (case.raw / link).read_bytes() == newer
    (case.raw / link).unlink()
    assert case.fetch(path=path, link=link) == UNCHANGED
    assert (case.raw / link).read_bytes() == newer
    (case.raw / link).unlink()
    (case.raw / link).write_bytes(b"an extract of the user's own")
    assert case.fetch(path=path, link=link) == BY_HAND


def test_a_damaged_record_counts_as_none(case, server):
    server.put(URL, ZIP)
    case.fetch()
    for text in ("{", "[]", '{"version": 1, "files": 3}', '{"version": 1, "files": {"ksj/x": 7}}'):
        (case.raw / "16/.fetch.json").write_text(text)
        assert Case(server, case.raw).fetch() == BY_HAND  # no longer known as our own
    assert Case(server, case.raw, force=True).fetch() == NEW
    assert zipfile.is_zipfile(case.raw / PATH)


def test_a_proxy_is_asked_instead_and_told_its_password(server, tmp_path, monkeypatch):
    monkeypatch.setenv("http_proxy", server.url.replace("http://", "http://me:s%40cret@"))
    server.put("https://mirror.example.jp/nlftp.mlit.go.jp/x.zip", ZIP)
    guard = Guard(frozenset(), frozenset({("http", "mirror.example.jp", 80)}))
    case = Case(server, tmp_path)
    http = Http(guard, timeout_s=5)
    object.__setattr__(case.session, "transport", MirrorServer(http, "http://mirror.example.jp"))
    assert case.fetch("https://nlftp.mlit.go.jp/x.zip") == NEW
    assert server.asked[0].headers["proxy-authorization"] == "Basic bWU6c0BjcmV0"
    assert server.asked[0].headers["host"] == "mirror.example.jp"


def test_a_proxy_that_refuses_https_is_said(server, tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", server.url)
    case = Case(server, tmp_path, attempts=1)
    http = Http(Guard(frozenset({origin_of(URL)})), timeout_s=5)
    object.__setattr__(case.session, "transport", http)
    with pytest.raises(DownloadError, match="Tunnel connection failed: 501"):
        case.fetch()


def test_a_proxy_of_another_kind_is_said(server, tmp_path, monkeypatch):
    monkeypatch.setenv("https_proxy", "socks5://127.0.0.1:1080")
    case = Case(server, tmp_path)
    http = Http(Guard(frozenset({origin_of(URL)})), timeout_s=5)
    object.__setattr__(case.session, "transport", http)
    with pytest.raises(DownloadError, match="name one of the form"):
        case.fetch()
