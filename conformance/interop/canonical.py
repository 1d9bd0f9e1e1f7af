"""Rows in the canonical encoding of the tests: the same text for the same row, whoever read it.

Values come as the readers below hand them over: dates as days and timestamps as
microseconds since 1970, maps as pairs, structs as lists in the order of the schema.
"""

import decimal
import hashlib
import json
import math

INTEGERS = ("byte", "short", "integer")
DIGITS = ("long", "timestamp", "timestamp_ntz")
FLOATS = ("float", "double")


def to_json(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def encode(value, kind):
    """A value of a Delta type (parsed from the schema's JSON) as canonical JSON."""
    if value is None:
        return None
    if isinstance(kind, dict):
        return encode_nested(value, kind)
    if kind in INTEGERS or kind == "boolean":
        return value
    if kind in DIGITS:
        return str(value)
    if kind in FLOATS:
        return number(value)
    if kind == "date":
        return date(value)
    if kind == "binary":
        return bytes(value).hex()
    if kind.startswith("decimal"):
        return plain(value, kind)
    if kind in ("string", "void") or kind.startswith(("char", "varchar")):
        return value
    raise ValueError(f"no canonical encoding of {kind}")


def encode_nested(value, kind):
    if kind["type"] == "struct":
        return [encode(item, field["type"]) for item, field in zip(value, kind["fields"], strict=True)]
    if kind["type"] == "array":
        return [encode(item, kind["elementType"]) for item in value]
    pairs = [[encode(key, kind["keyType"]), encode(item, kind["valueType"])] for key, item in value]
    return sorted(pairs, key=lambda pair: to_json(pair[0]).encode())


def number(x):
    """A number as ECMAScript writes it, negative zero apart."""
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "Infinity" if x > 0 else "-Infinity"
    if x == 0:
        return "-0" if math.copysign(1, x) < 0 else "0"
    sign, digits, exponent = decimal.Decimal(repr(x)).as_tuple()
    text = "".join(map(str, digits)).rstrip("0")
    exponent += len(digits) - len(text)
    point = len(text) + exponent
    minus = "-" if sign else ""
    if 0 < point <= 21:
        if exponent >= 0:
            return minus + text + "0" * exponent
        return minus + text[:point] + "." + text[point:]
    if -6 < point <= 0:
        return minus + "0." + "0" * -point + text
    e = point - 1
    rest = "." + text[1:] if len(text) > 1 else ""
    return f"{minus}{text[0]}{rest}e{'+' if e > 0 else '-'}{abs(e)}"


def plain(value, kind):
    """A decimal with exactly the digits of its type after the point."""
    scale = int(kind.rstrip(")").split(",")[1])
    unscaled = int(value.scaleb(scale, decimal.Context(prec=80)))
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    text = digits[:-scale] + "." + digits[-scale:] if scale else digits
    return "-" + text if unscaled < 0 else text


def date(days):
    """Days since 1970 as a date of the proleptic Gregorian calendar, of any year."""
    z = days + 719468
    era = z // 146097
    day_of_era = z - era * 146097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month + 2) // 5 + 1
    month = month + 3 if month < 10 else month - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    text = f"{year:04d}" if 0 <= year <= 9999 else f"{'-' if year < 0 else '+'}{abs(year):06d}"
    return f"{text}-{month:02d}-{day:02d}"


def contents(rows, schema, keep=1000):
    """What the protocol answers for rows: their number, digest, and the first of them."""
    struct = {"type": "struct", "fields": schema["fields"]}
    texts = sorted((to_json(encode(row, struct)) for row in rows), key=str.encode)
    digest = hashlib.sha256("\n".join(texts).encode()).hexdigest()
    return {"totalRows": len(texts), "rowsSha256": digest, "rows": texts[:keep], "schema": schema}
