"""What Spark says of each expression in each row: writes cases.jsonl beside it,
the columns and rows first and then a line for each expression.

Run with a Python that has pyspark 4 (ANSI mode is its default):

    python make.py

A value is written as text in one form per type (see `text` below), null as
null, and an expression that fails for a row as {"error": true}. An expression
that Spark refuses as a whole is left out with a word on the screen.
"""

import decimal
import json
import os
import pathlib

os.environ["TZ"] = "UTC"

from pyspark.sql import SparkSession  # noqa: E402

COLUMNS = [
    ("b", "TINYINT"),
    ("h", "SMALLINT"),
    ("i", "INT"),
    ("l", "BIGINT"),
    ("f", "FLOAT"),
    ("d", "DOUBLE"),
    ("m", "DECIMAL(9,2)"),
    ("w", "DECIMAL(38,10)"),
    ("s", "STRING"),
    ("t", "STRING"),
    ("dt", "DATE"),
    ("ts", "TIMESTAMP"),
    ("nz", "TIMESTAMP_NTZ"),
    ("bo", "BOOLEAN"),
    ("bin", "BINARY"),
    ("st", "STRUCT<n: INT, s: STRING>"),
]

ROWS = [
    ["5Y", "300S", "7", "9000000000L", "1.5F", "2.25D", "12.34BD", "1.0000000001BD", "'Hello'", "'42'",
     "DATE'2024-02-29'", "TIMESTAMP'2024-02-29 13:45:56.789012'", "TIMESTAMP_NTZ'2024-02-29 13:45:56.5'", "true", "X'00FF'",
     "named_struct('n', 1, 's', 'in')"],
    ["127Y", "-1S", "2147483647", "9223372036854775807L", "0.1F", "0.1D", "0.10BD", "9999999999999999999999999999.5BD", "'  pad '", "' -7 '",
     "DATE'1969-12-31'", "TIMESTAMP'1969-12-31 23:59:59.999999'", "TIMESTAMP_NTZ'1900-01-01 00:00:00'", "false", "X''",
     "named_struct('n', CAST(NULL AS INT), 's', '')"],
    ["-128Y", "-32768S", "-2147483648", "-9223372036854775808L", "CAST('NaN' AS FLOAT)", "CAST('NaN' AS DOUBLE)", "-9999999.99BD", "-0.5BD",
     "'\u00dcber_\U0001f600%x'", "'1.5'",
     "DATE'0001-01-01'", "TIMESTAMP'0001-01-01 00:00:00'", "TIMESTAMP_NTZ'9999-12-31 23:59:59.999999'", "true", "X'61'",
     "NULL"],
    ["0Y", "0S", "0", "0L", "-0.0F", "-0.0D", "0.00BD", "0BD", "''", "'abc'",
     "DATE'2023-12-31'", "TIMESTAMP'2023-01-01 00:00:00'", "TIMESTAMP_NTZ'2023-06-15 12:00:00'", "false", "X'6162'",
     "named_struct('n', 5, 's', NULL)"],
    ["NULL"] * 16,
    ["-1Y", "7S", "-3", "-10L", "1e10F", "CAST('Infinity' AS DOUBLE)", "-2.50BD", "-2.5BD", "'a_b%c\\\\d'", "'true'",
     "DATE'9999-12-31'", "TIMESTAMP'2100-12-31 08:09:10.1'", "TIMESTAMP_NTZ'2024-12-30 01:02:03'", "NULL", "X'C3BC'",
     "named_struct('n', -5, 's', 'x')"],
]

EXPRESSIONS = (pathlib.Path(__file__).parent / "expressions.sql").read_text().splitlines()


def text(value):
    """One form for each type."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "Infinity" if value > 0 else "-Infinity"
        return repr(value)
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    return str(value)


def main():
    spark = (
        SparkSession.builder.master("local[1]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("OFF")
    parts = []
    for number, row in enumerate(ROWS):
        fields = [f"CAST({value} AS {kind}) AS {name}" for (name, kind), value in zip(COLUMNS, row)]
        parts.append(f"SELECT {number} AS row_number, {', '.join(fields)}")
    table = spark.sql(" UNION ALL ".join(parts)).coalesce(1)
    # Through a file: nothing of a row is known to the optimiser, which would fold it.
    folder = "file:" + os.path.join(os.environ.get("TMPDIR", "/var/tmp"), f"litmus-expressions-{os.getpid()}")
    table.write.mode("overwrite").parquet(folder)
    spark.read.parquet(folder).createOrReplaceTempView("t")
    cases = []
    for sql in EXPRESSIONS:
        if not sql.strip() or sql.startswith("--"):
            continue
        try:
            frame = spark.sql(f"SELECT {sql} AS x FROM t ORDER BY row_number")
        except Exception as error:  # noqa: BLE001
            print("refused:", sql, "|", str(error).split("\n")[0][:150])
            continue
        kind = frame.schema["x"].dataType.simpleString()
        # Python has no dates before year 1 or after 9999: these come as Spark's own text.
        wanted = f"CAST(({sql}) AS STRING)" if kind.startswith(("date", "timestamp")) else sql
        frame = spark.sql(f"SELECT {wanted} AS x FROM t ORDER BY row_number")
        try:
            values = [text(r.x) for r in frame.collect()]
        except Exception:  # noqa: BLE001
            values = []
            for number in range(len(ROWS)):
                try:
                    one = spark.sql(f"SELECT {wanted} AS x FROM t WHERE row_number = {number}")
                    values.append(text(one.collect()[0].x))
                except Exception:  # noqa: BLE001
                    values.append({"error": True})
        cases.append({"sql": sql, "type": kind, "values": values})
    document = {
        "spark": spark.version,
        "columns": [{"name": name, "type": kind} for name, kind in COLUMNS],
        "rows": ROWS,
    }
    target = pathlib.Path(__file__).parent / "cases.jsonl"
    target.write_text("".join(json.dumps(line) + "\n" for line in [document, *cases]))
    print(len(cases), "cases")
    spark.stop()


main()
