"""Prefecture codes (JIS X 0401) and names, and reading what a user types for one."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from coverage_gis.errors import InputError

DEMO = "00"
"""The code of the generated demo prefecture (架空県); JIS does not use it."""


@dataclass(frozen=True)
class Prefecture:
    """A prefecture: code, Japanese name with its suffix, name in Roman letters."""

    code: str
    name_ja: str
    name_en: str


_NAMES = """
00 架空県 Kaku
01 北海道 Hokkaido
02 青森県 Aomori
03 岩手県 Iwate
04 宮城県 Miyagi
05 秋田県 Akita
06 山形県 Yamagata
07 福島県 Fukushima
08 茨城県 Ibaraki
09 栃木県 Tochigi
10 群馬県 Gunma
11 埼玉県 Saitama
12 千葉県 Chiba
13 東京都 Tokyo
14 神奈川県 Kanagawa
15 新潟県 Niigata
16 富山県 Toyama
17 石川県 Ishikawa
18 福井県 Fukui
19 山梨県 Yamanashi
20 長野県 Nagano
21 岐阜県 Gifu
22 静岡県 Shizuoka
23 愛知県 Aichi
24 三重県 Mie
25 滋賀県 Shiga
26 京都府 Kyoto
27 大阪府 Osaka
28 兵庫県 Hyogo
29 奈良県 Nara
30 和歌山県 Wakayama
31 鳥取県 Tottori
32 島根県 Shimane
33 岡山県 Okayama
34 広島県 Hiroshima
35 山口県 Yamaguchi
36 徳島県 Tokushima
37 香川県 Kagawa
38 愛媛県 Ehime
39 高知県 Kochi
40 福岡県 Fukuoka
41 佐賀県 Saga
42 長崎県 Nagasaki
43 熊本県 Kumamoto
44 大分県 Oita
45 宮崎県 Miyazaki
46 鹿児島県 Kagoshima
47 沖縄県 Okinawa
"""

PREFECTURES = {
    code: Prefecture(code, name_ja, name_en)
    for code, name_ja, name_en in (line.split() for line in _NAMES.split("\n") if line)
}


def resolve(text: str) -> Prefecture:
    """Return the prefecture a user means by ``text``.

    "16", "6" (for 06), "富山", "富山県", "Toyama", "toyama-ken" and full-width digits are
    understood; "demo" is the demo prefecture.

    Raises
    ------
    InputError
        If it is none; the message offers the nearest names.
    """
    wanted = unicodedata.normalize("NFKC", text).strip()
    if wanted.isdecimal() and wanted.zfill(2) in PREFECTURES:
        return PREFECTURES[wanted.zfill(2)]
    if wanted.lower() == "demo":
        return PREFECTURES[DEMO]
    plain = _plain_roman(wanted)
    for pref in PREFECTURES.values():
        if wanted in (pref.name_ja, pref.name_ja[:-1]) or plain == pref.name_en.lower():
            return pref
    raise InputError(
        f"PREF={text} is not a prefecture; use a code from 01 to 47, a name such as 富山県 or "
        "Toyama, or 00 for the demo."
    )


def _plain_roman(text: str) -> str:
    """Lower-case Roman letters without macrons and without -ken, -fu, -to, -do suffixes."""
    base = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = base.lower().removesuffix(" prefecture").strip()
    for suffix in ("-ken", "-fu", "-to", " ken", " fu", " to"):
        plain = plain.removesuffix(suffix)
    return plain
