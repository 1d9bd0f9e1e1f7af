"""deltalake (delta-rs) behind the line protocol: reads versions and change feeds, writes tables.

Requests: `read` {table, versions}, `changes` {table, from_version, to_version}, `about` {}.
"""

import json

import canonical
import deltalake
import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder
from line_server import answer, serve


def plain_type(kind):
    """An Arrow type with dates and times as the integers they are, and no views or dictionaries."""
    if pa.types.is_dictionary(kind):
        return plain_type(kind.value_type)
    if pa.types.is_timestamp(kind):
        return pa.int64()
    if pa.types.is_date32(kind):
        return pa.int32()
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return pa.string()
    if pa.types.is_binary_view(kind) or pa.types.is_large_binary(kind):
        return pa.binary()
    if pa.types.is_struct(kind):
        return pa.struct([kind[i].with_type(plain_type(kind[i].type)) for i in range(kind.num_fields)])
    if pa.types.is_map(kind):
        return pa.map_(plain_type(kind.key_type), plain_type(kind.item_type))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_list_view(kind):
        return pa.list_(kind.value_field.with_type(plain_type(kind.value_type)))
    return kind


def micros(table):
    """The table with every timestamp in microseconds, whatever the file had."""
    fields = [field.with_type(to_micros(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def to_micros(kind):
    return pa.timestamp("us", tz=kind.tz) if pa.types.is_timestamp(kind) and kind.unit != "us" else kind


def rows_of(table, schema):
    """The rows as lists in the order of the Delta schema."""
    table = micros(pa.table(table))
    columns = []
    for field in schema["fields"]:
        column = table.column(field["name"]).combine_chunks()
        values = column.cast(plain_type(column.type)).to_pylist()
        columns.append([shape(value, field["type"]) for value in values])
    return list(zip(*columns, strict=True)) if columns else [[]] * table.num_rows


def shape(value, kind):
    """Objects by name become lists by place."""
    if value is None or not isinstance(kind, dict):
        return value
    if kind["type"] == "struct":
        return [shape(value[field["name"]], field["type"]) for field in kind["fields"]]
    if kind["type"] == "array":
        return [shape(item, kind["elementType"]) for item in value]
    return [(shape(key, kind["keyType"]), shape(item, kind["valueType"])) for key, item in value]


def schema_of(table):
    return json.loads(table.schema().to_json())


def read_version(table, version):
    opened = DeltaTable(table, version=version)
    schema = schema_of(opened)
    query = QueryBuilder().register("t", opened).execute("select * from t")
    return {"version": opened.version(), **canonical.contents(rows_of(query.read_all(), schema), schema)}


def read(table, versions):
    return {"versions": [answer(lambda: read_version(table, version)) for version in versions]}


CHANGE_COLUMNS = [{"name": "_change_type", "type": "string"}, {"name": "_commit_version", "type": "long"}]


def changes(table, from_version, to_version):
    opened = DeltaTable(table, version=to_version)
    schema = schema_of(opened)
    schema["fields"] += CHANGE_COLUMNS
    feed = opened.load_cdf(starting_version=from_version, ending_version=to_version)
    return canonical.contents(rows_of(pa.table(feed), schema), schema)


def about():
    return {"deltalake": deltalake.__version__, "pyarrow": pa.__version__}


if __name__ == "__main__":
    serve({"read": read, "changes": changes, "about": about})
