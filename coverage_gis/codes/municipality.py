"""Municipality codes (JIS X 0402) as five digits of text; designated cities and wards."""

from __future__ import annotations

# 政令指定都市: code of the city; its wards' codes follow it (総務省 全国地方公共団体コード).
DESIGNATED_CITIES = {
    "01100": "札幌市",
    "04100": "仙台市",
    "11100": "さいたま市",
    "12100": "千葉市",
    "14100": "横浜市",
    "14130": "川崎市",
    "14150": "相模原市",
    "15100": "新潟市",
    "22100": "静岡市",
    "22130": "浜松市",
    "23100": "名古屋市",
    "26100": "京都市",
    "27100": "大阪市",
    "27140": "堺市",
    "28100": "神戸市",
    "33100": "岡山市",
    "34100": "広島市",
    "40100": "北九州市",
    "40130": "福岡市",
    "43100": "熊本市",
}

_FIRST_WARD, _LAST_WARD = 101, 199
_TOKYO = "13"


def designated_city_of(muni_code: str) -> str | None:
    """Return the code of the designated city a ward belongs to, or None.

    Tokyo's special wards (13101 to 13123) are municipalities of their own. The code of a
    city is the largest one not above its ward's: 14131 belongs to 14130 (Kawasaki), not
    to 14100 (Yokohama).
    """
    pref, number = muni_code[:2], int(muni_code[2:])
    is_city = muni_code in DESIGNATED_CITIES
    if pref == _TOKYO or is_city or not _FIRST_WARD <= number <= _LAST_WARD:
        return None
    cities = [c for c in DESIGNATED_CITIES if c[:2] == pref and c < muni_code]
    return max(cities, default=None)


def check_digit(code5: str) -> str:
    """Return the sixth digit of a local-government code (検査数字).

    Weights 6 to 2 on the five digits; 11 minus the remainder modulo 11, last digit
    (総務省「全国地方公共団体コード」仕様).
    """
    total = sum(w * int(d) for w, d in zip(range(6, 1, -1), code5, strict=True))
    return str((11 - total % 11) % 10) if total >= 11 else str(11 - total)


def to_code5(text: str) -> str | None:
    """Return the five-digit code in ``text`` (five or six digits, leading zero lost or not).

    Six digits are accepted only with a right check digit. None when it is no code.
    """
    digits = text.strip()
    if not digits.isdecimal():
        return None
    if len(digits) in (4, 5):
        return digits.zfill(5)
    if len(digits) == 6 and _checks(digits):
        return digits[:5]
    return None


def _checks(code6: str) -> bool:
    return check_digit(code6[:5]) == code6[5]
