"""What nobody of good will would send: texts, numbers, files, headers, bodies."""

from __future__ import annotations

import csv
import functools
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable

from openpyxl import Workbook

ELEMENT = "xssq"
"""An element, and the start of an attribute's name, that no page of ours has."""
ADDED = "template-ran-7719"
"""What a page says only when it ran our text as a template."""
HEADER = "X-Injected"
ELSEWHERE = "evil.example"

TEXTS = (
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "a\udfffb",
    "\u202eabc\u202c",
    "\u200b\u200d\ufeff",
    "\N{COMBINING ACUTE ACCENT}" * 50,
    "ﷺ" * 30,
    "İ" * 81,
    "ß" * 81,
    "\U0010ffff",
    "\r\n\t\v\f\x1b[31m",
    f"x\r\n{HEADER}: 1\r\n\r\n<{ELEMENT}>",
    f"'\"><{ELEMENT} on{ELEMENT}=1>",
    f'" on{ELEMENT}="1',
    f"javascript:{ELEMENT}()",
    f"</script></textarea></title><{ELEMENT}>",
    f"[a](javascript:{ELEMENT}) <{ELEMENT}>",
    '{{ "template-ran-"|add:"7719" }}{% now "Y" %}',
    "{0.__class__.__mro__}{product}{%s%n}",
    "%s%s%n%(x)s",
    "' OR 1=1 --",
    "'; DROP TABLE company_store; --",
    "\\",
    "%",
    "_",
    "a%_\\",
    "../../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd\0.png",
    "CON",
    f"//{ELSEWHERE}/",
    f"https://{ELSEWHERE}/",
    f"/\\{ELSEWHERE}",
    f"http:///{ELSEWHERE}",
    f"\t//{ELSEWHERE}",
    "=HYPERLINK(A1)",
    "[]",
    '{"a": [1]}',
    "null",
    "true",
    "None",
    "undefined",
    "(01)04006381333931(21)" + "9" * 100,
    "]C101040063813339312112345\x1d",
    "https://id.gs1.org/01/04006381333931/21/%00%ff%zz",
    "(" * 500,
    "((21)" * 200,
    "A" * 81,
    "я" * 3000,
    "A001..A999999999",
    "x" * 300_000,
    "1\n" * 20_000,
)

NUMBERS = (
    "0",
    "-0",
    "-1",
    "00",
    "1.5",
    "1,5",
    "1e3",
    "1e400",
    "-1e400",
    "1e-400",
    "1E+999999999",
    "NaN",
    "sNaN",
    "Infinity",
    "-Infinity",
    "0x10",
    "1_000",
    "١٢٣",
    "²",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "9" * 40,
    "9" * 5000,
    "0." + "1" * 60,
    "999999999999.99",
    "99999999999999999999.999",
)

DATES = (
    "0000-00-00",
    "0001-01-01",
    "9999-12-31",
    "10000-01-01",
    "-0001-01-01",
    "2026-02-30",
    "2026-13-01",
    "31.02.2026",
    "1/1/1",
    "2026-W01-1",
    "2026-11-28T25:61:61+99:99",
    "9999-12-31T23:59",
    "0001-01-01T00:00",
)

OTHERS = (
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-fffffffffffg",
    "eyJhIjoxfQ:1abcde:tampered",
    "WyJhIiwgMV0=",
    "////",
    "2026-11-28_1",
    "2026-11-28,99999999999999999999",
    "-1,-1",
    "0,",
    ",",
    "9999-12-31|9223372036854775808",
    "serial~1",
)

VALUES = (*TEXTS, *NUMBERS, *DATES, *OTHERS)

FILE_NAMES = (
    "list.csv",
    "list.txt",
    "list.xlsx",
    "list.xls",
    "photo.png",
    "photo.jpg",
    "../../etc/cron.d/x.csv",
    "a\0.csv",
    "x" * 300 + ".csv",
    f"<{ELEMENT}>.xlsx",
    f'"; filename="{ELSEWHERE}.html',
    "CON.csv",
    ".csv",
    "\u202evsc.xlsx",
    "noextension",
)
TYPES = ("text/csv", "image/png", "image/svg+xml", "text/html", "application/octet-stream", "", "x")


def _png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def workbook(rows: list[list[object]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def exchanged(book: bytes, name: str, content: bytes) -> bytes:
    """A workbook with one of its parts exchanged."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(book)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            new.writestr(each, content if each == name else old.read(each))
    return out.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">'
    b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>&c;</t></is></c></row></sheetData></worksheet>'
)


def _formulas() -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(
        [["Name", "Phone", "SKU", "Serial"], ["=1+1", "+1", "@x", f"<{ELEMENT}>"], ["a"], [""] * 40]
    )
    return out.getvalue().encode()


@functools.cache
def files() -> tuple[bytes, ...]:
    """The contents of files; made once, as some take a moment."""
    plain = workbook([["Serial", "SKU"], ["SN2", "SKU-STRICT"], [3.5e14, None], ["=1+1", True]])
    zeros = b" " * (8 << 20)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as nested:
        nested.writestr("../../etc/x", "x")
        nested.writestr("[Content_Types].xml", "<Types/>")
    return (
        b"",
        b"\0" * 100,
        b"SN1\0\nSN2",
        _formulas(),
        "Name;Phone\nОлена;1\n".encode("utf-16"),
        "Name;Phone\nОлена;1\n".encode("cp1251"),
        b"\xef\xbb\xbfName;Phone\n\xff\xfe;1",
        b'"' * 1001,
        b'Name;Phone\n"never closed;1\n' * 50,
        b";" * 20_000,
        b"SN" + b"9" * 300_000,
        b"a\rb\r\nc\n" * 2_000,
        plain,
        plain[: len(plain) // 2],
        exchanged(plain, SHEET, ENTITIES),
        exchanged(plain, SHEET, b"<worksheet>" * 3_000),
        exchanged(plain, SHEET, zeros),
        exchanged(plain, "xl/workbook.xml", b"<workbook/>"),
        exchanged(plain, SHEET, b"not xml at all"),
        out.getvalue(),
        b"PK\x05\x06" + b"\0" * 18,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
        _png(1, 1, b"\0\0"),
        _png(60_000, 60_000, b"\0" * 1000),
        _png(0, 0, b""),
        _png(8, 8, b"broken")[:-20],
        b"\xff\xd8\xff\xe0" + b"\0" * 200,
        b'<svg xmlns="http://www.w3.org/2000/svg" onload="xssq()"><script>xssq()</script></svg>',
        b"GIF89a" + b"\xff" * 40,
        b"%PDF-1.7\n",
    )


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"a": ["\\ud800", NaN, 1e400]}'),
    ("application/json", b"[" * 20_000),
    ("application/xml", ENTITIES),
    ("text/plain", b"a=1"),
    ("", b"a=1"),
    ("application/x-www-form-urlencoded", b"%00%ff%zz&=&==&a[]=1&a[b]=2&__proto__[x]=1"),
    ("application/x-www-form-urlencoded", b"&".join(b"f%d=1" % n for n in range(2_100))),
    ("multipart/form-data", b"no boundary"),
    ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data; name="),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx',
    ),
    (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"; filename="x"\r\n'  # noqa: ISC004
        b"Content-Transfer-Encoding: base64\r\n\r\n!!!\r\n--b--\r\n",
    ),
    ("multipart/form-data; boundary=" + "b" * 300, b"--b"),
    ("multipart/form-data; boundary=\xe9", b"--\xe9"),
)

METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW", "POST", "GET")

HEADERS: tuple[dict[str, str], ...] = (
    {"HTTP_HX_REQUEST": "true"},
    {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": f"<{ELEMENT}>"},
    {
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": f"https://{ELSEWHERE}/x",
        "HTTP_HX_TRIGGER": "%E0%A4%A",
    },
    {"HTTP_HX_REQUEST": "true", "HTTP_HX_CURRENT_URL": "http://[", "HTTP_HX_BOOSTED": "true"},
    {
        "HTTP_HX_REQUEST": "true",
        "HTTP_HX_CURRENT_URL": "%zz\xff",
        "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": "true",
    },
    {"HTTP_HX_REQUEST": "true", "HTTP_HX_HISTORY_RESTORE_REQUEST": "true"},
    {"HTTP_ACCEPT_LANGUAGE": "uk;q=nan, *;q=-1, ../../x, " + "a-" * 300},
    {"HTTP_ACCEPT_LANGUAGE": "\0\xff"},
    {"HTTP_ACCEPT": "*/*;q=x, \xff"},
    {"HTTP_COOKIE": 'sessionid="aaaaaaaa\\000aaaa"; csrftoken="\\000"; django_language=../x'},
    {"HTTP_COOKIE": "sessionid=" + "a" * 5000 + '; messages=x; a="\\777"; =; ;;'},
    {"HTTP_COOKIE": "messages=W1siX19qc29uX21lc3NhZ2UiLDAsMjUsIngiXV0:bad:sig"},
    {"HTTP_HOST": ELSEWHERE},
    {"HTTP_HOST": "a b\0"},
    {"HTTP_X_FORWARDED_HOST": ELSEWHERE, "HTTP_X_FORWARDED_PROTO": "https,http"},
    {"HTTP_X_FORWARDED_FOR": "1.2.3.4, \0, [::1]:x", "REMOTE_ADDR": ""},
    {"HTTP_REFERER": f"https://{ELSEWHERE}/", "HTTP_ORIGIN": "null"},
    {"HTTP_RANGE": "bytes=5-1,-0", "HTTP_IF_MODIFIED_SINCE": "x", "HTTP_IF_NONE_MATCH": '"\xff'},
    {"HTTP_X_REQUEST_ID": "\r\nx: 1" * 50, "HTTP_USER_AGENT": "\0" * 3000},
    {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE", "HTTP_CONTENT_LENGTH": "-1"},
    {"HTTP_AUTHORIZATION": "Basic \xff", "HTTP_EXPECT": "100-continue"},
)


def a_value(chance: random.Random, foreign: tuple[str, ...], known: str) -> str:
    """A value for a field whose right one we know: other ones, or that one made wrong."""
    makers: tuple[Callable[[], str], ...] = (
        lambda: chance.choice(VALUES),
        lambda: chance.choice(VALUES),
        lambda: chance.choice(foreign),
        lambda: known + chance.choice(TEXTS[:30]),
        lambda: str(chance.randint(-5, 2**64)),
        lambda: known[: len(known) // 2],
    )
    return chance.choice(makers)()
