"""Reads Delta tables with deltalake and prints their rows, one JSON array a table.

Every value is text, list, object or null, so that nothing is lost on the way:
integers and decimals by their digits, floats by `repr`, bytes as hex, dates in
days and timestamps in microseconds since 1970, maps as lists of pairs.
"""

import datetime
import decimal
import json
import sys

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder

EPOCH = datetime.datetime(1970, 1, 1)


def encode(value):
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime.datetime):
        delta = value.replace(tzinfo=None) - EPOCH
        return str((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds)
    if isinstance(value, datetime.date):
        return str((value - EPOCH.date()).days)
    if isinstance(value, dict):
        return {name: encode(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [encode(item) for item in value]
    return value


def main():
    for request in sys.argv[1:]:
        path, _, version = request.partition("@")
        table = DeltaTable(path, version=int(version) if version else None)
        query = QueryBuilder().register("t", table).execute("select * from t")
        rows = pa.table(query.read_all()).to_pylist()
        rows.sort(key=lambda row: row["id"])
        print(json.dumps([encode(row) for row in rows]))


main()
