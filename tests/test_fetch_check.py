"""What arrives is kept only if it is what was asked for."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from inventory_files import GSI_1, N03, zipped
from publishers import HTML

from coverage_gis.errors import DownloadError
from coverage_gis.fetch import check
from coverage_gis.fetch.check import FORMATS, check_file, is_web_page

POLY = "japan\n1\n 136 36\n 138 36\n 138 37\n 136 37\nEND\nEND\n"


def blob(kind: bytes, size: int) -> bytes:
    """A PBF blob of zeros: length, BlobHeader (type, datasize), data."""
    varint = bytes([size & 0x7F | 0x80, size >> 7]) if size > 0x7F else bytes([size])
    header = b"\x0a" + bytes([len(kind)]) + kind + b"\x18" + varint
    return struct.pack(">I", len(header)) + header + bytes(size)


PBF = blob(b"OSMHeader", 20) + blob(b"OSMData", 300) + blob(b"OSMData", 5)
GOOD = {
    "zip": zipped({"a.txt": b"a" * 1000}),
    "csv": GSI_1.encode(),
    "geojson": N03,
    "json": b'{"code": 200, "body": []}',
    "osm.pbf": PBF,
    "poly": POLY.encode(),
    "gz": gzip.compress(b"x" * 1000),
    "tif": b"II*\0" + bytes(100),
    "any": b"anything",
}


@pytest.fixture
def arrived(tmp_path):
    def put(data: bytes):
        path = tmp_path / ".x.part"
        path.write_bytes(data)
        return path

    return put


def refused(path, file_format, expects=""):
    with pytest.raises(DownloadError) as caught:
        check_file(path, file_format, expects)
    return str(caught.value)


def test_each_format_takes_its_own_and_no_other(arrived):
    assert set(GOOD) == set(FORMATS)
    for name, data in GOOD.items():
        path = arrived(data)
        check_file(path, name)
        taken = []
        for other in FORMATS:
            try:
                check_file(path, other)
            except DownloadError:
                continue
            taken.append(other)
        also = {"geojson": {"json", "csv"}, "json": {"geojson", "csv"}}.get(name, set())
        assert set(taken) <= {name, "any"} | also, name


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_web_page_or_nothing_is_no_format(arrived, file_format):
    assert "is a web page" in refused(arrived(HTML), file_format)
    assert refused(arrived(b""), file_format) == "is empty"


@pytest.mark.parametrize(
    "page",
    [b"<html>", b"\n \t<!DOCTYPE HTML PUBLIC", b"\xef\xbb\xbf<!doctype html>",
     b'<?xml version="1.0"?>\n<!DOCTYPE html>', b"<!-- saved --><html>", b"<HEAD>",
     "\ufeff<html>".encode("utf-16-le")],
)  # fmt: skip
def test_web_pages_in_their_many_forms(page):
    assert is_web_page(page)


@pytest.mark.parametrize(
    "data", [b"<osm version='0.6'>", b'<?xml version="1.0"?><gml>', b"a,<html>"]
)
def test_what_is_no_web_page(data):
    assert not is_web_page(data)


def test_the_message_carries_the_page_s_title_without_its_tricks(arrived):
    page = "<html><title>メンテ\n\x1b[2J中\u202e</title>".encode("cp932", "replace")
    assert "“メンテ [2J中?”" in refused(arrived(page), "zip")


@pytest.mark.parametrize("file_format", ["zip", "osm.pbf", "gz", "poly", "json"])
def test_cut_anywhere_it_is_noticed(arrived, file_format):
    data = GOOD[file_format]
    step = max(1, len(data) // 60)
    # After a whole blob a PBF may end; only its length tells, which the download checks.
    whole = {len(blob(b"OSMHeader", 20)), len(PBF) - len(blob(b"OSMData", 5))}
    for end in sorted(set(range(1, len(data.rstrip()), step)) - whole):
        refused(arrived(data[:end]), file_format)


def test_a_word_that_must_be_there(arrived):
    path = arrived(GSI_1.encode())
    check_file(path, "csv", "共通ID")
    check_file(arrived("共通ID,緯度\n".encode("cp932")), "csv", "共通ID")
    assert "does not hold the word '事業所'" in refused(path, "csv", "事業所")


def test_a_csv_in_utf_16_is_a_csv_and_a_binary_file_is_none(arrived):
    check_file(arrived("共通ID,緯度\n".encode("utf-16")), "csv", "共通ID")
    assert "binary" in refused(arrived(b"a,b\n\0\0\0"), "csv")
    assert "no columns" in refused(arrived(b"Service Unavailable"), "csv")


def test_a_zip_s_size_is_bounded(arrived, monkeypatch):
    path = arrived(zipped({"a": b"a" * 5000, "b": b"b" * 5000}))
    check_file(path, "zip")
    monkeypatch.setattr(check, "MAX_UNPACKED_BYTES", 9000)
    assert "unpacks to more" in refused(path, "zip")


def test_a_zip_bomb_and_a_zip_with_too_many_files(arrived):
    buffer = io.BytesIO()
    deflated = zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED)
    with deflated as bomb, bomb.open("bomb.txt", "w") as member:
        for _ in range(600):
            member.write(b"a" * 2**20)
    assert "damaged" in refused(arrived(buffer.getvalue()), "zip")
    many = zipped({f"{k}.txt": b"" for k in range(2001)})
    assert "2001 files" in refused(arrived(many), "zip")


def test_an_empty_zip_and_one_with_a_password(arrived):
    assert "not a zip, or an empty one" in refused(arrived(zipped({})), "zip")
    locked = bytearray(zipped({"a.txt": b"abc"}))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.index(mark) + at] |= 1
    assert "password" in refused(arrived(bytes(locked)), "zip")


def test_a_pbf_with_absurd_blobs(arrived):
    assert "PBF" in refused(arrived(struct.pack(">I", 2**31) + b"x" * 100), "osm.pbf")
    huge = b"\x0a\x09OSMHeader\x18\xff\xff\xff\xff\x0f"
    assert "PBF" in refused(arrived(struct.pack(">I", len(huge)) + huge), "osm.pbf")
    assert "not an OpenStreetMap PBF" in refused(arrived(blob(b"OSMData", 5)), "osm.pbf")
    assert "(3 bytes are missing)" in refused(arrived(PBF[:-3]), "osm.pbf")


def test_deep_json_is_refused_not_a_crash(arrived):
    assert "not JSON" in refused(arrived(b"[" * 100_000), "json")


@settings(
    deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    file_format=st.sampled_from(FORMATS),
    data=st.one_of(
        st.binary(min_size=1, max_size=300),
        st.tuples(st.sampled_from(sorted(GOOD)), st.integers(0, 400), st.binary(max_size=8)).map(
            lambda t: GOOD[t[0]][: t[1]] + t[2] + GOOD[t[0]][t[1] + len(t[2]) :]
        ),
    ),
)
def test_any_bytes_are_taken_or_refused_with_a_sentence(arrived, file_format, data):
    try:
        check_file(arrived(data), file_format)
    except DownloadError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right


def test_real_files_are_what_they_are(shared_data):
    check_file(shared_data("13/otemachi.osm.pbf"), "osm.pbf")
    check_file(shared_data("16/toyama_city.osm.pbf"), "osm.pbf")
    check_file(shared_data("elsewhere/newport-2023-06-13.osm.pbf"), "osm.pbf")
    check_file(shared_data("16/mergeFromCity_1.csv"), "csv", "共通ID")
    check_file(shared_data("16/mergeFromCity_2.csv"), "csv", "共通ID")
    check_file(shared_data("16/N03-21_16_210101.geojson"), "geojson")
    feeds = sorted(shared_data("16/gtfs").glob("*.zip"))
    assert len(feeds) == 20
    for feed in feeds:
        check_file(feed, "zip")
