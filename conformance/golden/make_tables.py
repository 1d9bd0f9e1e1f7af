#!/usr/bin/env python3
"""Has Spark and deltalake write the tables of this folder, small, with what each of them reads.

    deno run -A tools/spark.ts run conformance/golden/make_tables.py spark
    "$LITMUS_PYTHON" conformance/golden/make_tables.py deltalake

A table is a folder of `tables`: `table` as it is on disk, and `expected.json` with
every version's rows (and the change feeds) in the canonical encoding, as its writer
reads them. Names after the engine pick tables; all of the engine's by default.
"""

import json
import os
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
TABLES = HERE / "tables"
sys.path.insert(0, str(HERE.parent / "interop"))

MAKERS = {}


def table(name, about):
    """Registers a function that writes one table; it answers with ranges of versions whose changes are expected."""

    def register(make):
        MAKERS[name] = (about, make)
        return make

    return register


def spark_tables():
    import spark_reader

    jars = os.environ["LITMUS_SPARK_JARS"]
    spark = spark_reader.spark = spark_reader.start(jars)

    def run(path, *statements):
        for statement in statements:
            spark.sql(statement.replace("@t", f"delta.`{path}`"))

    @table("spark-deletion-vectors", "DELETE, UPDATE and MERGE by deletion vectors, before and after a checkpoint")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, p STRING, v DOUBLE) USING delta PARTITIONED BY (p) "
            "TBLPROPERTIES ('delta.enableDeletionVectors' = true, 'delta.checkpointInterval' = 5, 'delta.enableChangeDataFeed' = true)",
            "INSERT INTO @t SELECT id, concat('p', id % 2), id / 4 FROM range(40)",
            "DELETE FROM @t WHERE id % 10 = 3",
            "UPDATE @t SET v = -v WHERE id BETWEEN 6 AND 12",
            "MERGE INTO @t t USING (SELECT id, 'p1' p, 0.5 v FROM range(35, 45)) s ON t.id = s.id "
            "WHEN MATCHED AND s.id < 38 THEN DELETE WHEN MATCHED THEN UPDATE SET v = s.v WHEN NOT MATCHED THEN INSERT *",
            "DELETE FROM @t WHERE p = 'p0' AND id < 10",
            "DELETE FROM @t WHERE id = 21",
            "INSERT INTO @t VALUES (100, null, null)",
        )
        return [(0, 7), (2, 4)]

    @table("spark-column-mapping", "column mapping by name: renamed, dropped and added columns, nested ones too, odd names")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, `a b` STRING, s STRUCT<x: INT, y: STRING>, gone INT, p DATE) USING delta PARTITIONED BY (p) "
            "TBLPROPERTIES ('delta.columnMapping.mode' = 'name', 'delta.checkpointInterval' = 4)",
            "INSERT INTO @t VALUES (1, 'one', struct(1, 'a'), 7, DATE'2024-02-29'), (2, null, null, null, null)",
            "ALTER TABLE @t RENAME COLUMN `a b` TO `c,;{}()=d`",
            "ALTER TABLE @t RENAME COLUMN s.x TO `x.x`",
            "ALTER TABLE @t DROP COLUMN gone",
            "ALTER TABLE @t RENAME COLUMN p TO `day of`",
            "ALTER TABLE @t ADD COLUMNS (gone STRING, s.z ARRAY<STRUCT<k: BIGINT>>)",
            "INSERT INTO @t VALUES (3, 'three', struct(3, 'c', array(struct(9))), DATE'1582-10-04', 'back')",
            "UPDATE @t SET `c,;{}()=d` = 'changed' WHERE id = 1",
        )
        return []

    @table("spark-column-mapping-id", "column mapping by id: a column renamed, and a new one of its old name")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, a STRING, m MAP<STRING, STRUCT<q: INT>>) USING delta TBLPROPERTIES ('delta.columnMapping.mode' = 'id')",
            "INSERT INTO @t VALUES (1, 'one', map('k', struct(1))), (2, null, null)",
            "ALTER TABLE @t RENAME COLUMN a TO b",
            "ALTER TABLE @t ADD COLUMN (a INT)",
            "INSERT INTO @t VALUES (3, 'three', map('k', struct(3), 'l', null), 33)",
        )
        return []

    @table("spark-row-tracking", "row ids and commit versions, kept by UPDATE and OPTIMIZE")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, s STRING) USING delta TBLPROPERTIES ('delta.enableRowTracking' = true, 'delta.enableDeletionVectors' = false)",
            "INSERT INTO @t SELECT /*+ REPARTITION(2) */ id, concat('s', id) FROM range(20)",
            "UPDATE @t SET s = 'new' WHERE id = 7",
            "INSERT INTO @t VALUES (100, 'late')",
            "OPTIMIZE @t",
            "DELETE FROM @t WHERE id = 3",
        )
        return []

    @table("spark-in-commit-timestamps", "in-commit timestamps, enabled after two versions")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT) USING delta",
            "INSERT INTO @t VALUES (1)",
            "ALTER TABLE @t SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = true)",
            "INSERT INTO @t VALUES (2)",
            "INSERT INTO @t VALUES (3)",
        )
        return []

    @table("spark-type-widening", "columns widened at the top, in structs, lists and maps, and a partition column")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id SMALLINT, d DECIMAL(5,2), f FLOAT, s STRUCT<n: INT>, l ARRAY<TINYINT>, m MAP<INT, SMALLINT>, t DATE, p INT) "
            "USING delta PARTITIONED BY (p) TBLPROPERTIES ('delta.enableTypeWidening' = true, 'delta.feature.timestampNtz' = 'supported')",
            "INSERT INTO @t VALUES (1, 1.25, 0.1, struct(7), array(1, null), map(1, 2), DATE'2024-01-01', 5), (2, -999.99, null, null, null, null, null, null)",
            "ALTER TABLE @t ALTER COLUMN id TYPE BIGINT",
            "ALTER TABLE @t ALTER COLUMN d TYPE DECIMAL(12,4)",
            "ALTER TABLE @t ALTER COLUMN f TYPE DOUBLE",
            "ALTER TABLE @t ALTER COLUMN s.n TYPE BIGINT",
            "ALTER TABLE @t ALTER COLUMN l.element TYPE INT",
            "ALTER TABLE @t ALTER COLUMN m.value TYPE BIGINT",
            "ALTER TABLE @t ALTER COLUMN t TYPE TIMESTAMP_NTZ",
            "ALTER TABLE @t ALTER COLUMN p TYPE BIGINT",
            "INSERT INTO @t VALUES (9000000000, 12345678.1234, 0.1, struct(9000000000), array(100000), map(2, 9000000000), TIMESTAMP_NTZ'2024-01-01 12:34:56.789012', 6)",
        )
        return []

    @table("spark-v2-checkpoints", "V2 checkpoints in JSON and Parquet with sidecars, over deletion vectors")
    def _(path):
        for form in ("json", "parquet"):
            spark.conf.set("spark.databricks.delta.checkpointV2.topLevelFileFormat", form)
            if form == "json":
                run(
                    path,
                    "CREATE TABLE @t (id BIGINT, p INT) USING delta PARTITIONED BY (p) TBLPROPERTIES "
                    "('delta.checkpointPolicy' = 'v2', 'delta.checkpointInterval' = 3, 'delta.enableDeletionVectors' = true)",
                )
            run(
                path,
                "INSERT INTO @t SELECT id, cast(id % 2 AS INT) FROM range(10)",
                "DELETE FROM @t WHERE id = 4",
                "INSERT INTO @t VALUES (100, null)",
                "UPDATE @t SET id = id + 1000 WHERE id = 100",
            )
        spark.conf.unset("spark.databricks.delta.checkpointV2.topLevelFileFormat")
        return []

    @table("spark-change-feed", "the change feed of every operation, without deletion vectors")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id INT, s STRING, p STRING) USING delta PARTITIONED BY (p) "
            "TBLPROPERTIES ('delta.enableChangeDataFeed' = true, 'delta.enableDeletionVectors' = false)",
            "INSERT INTO @t VALUES (1, 'a', 'x y'), (2, 'b', 'x%y'), (3, 'c', null), (4, 'd', 'x y')",
            "UPDATE @t SET s = upper(s) WHERE id <= 2",
            "DELETE FROM @t WHERE id = 4",
            "DELETE FROM @t WHERE p = 'x%y'",
            "MERGE INTO @t t USING (SELECT * FROM VALUES (1, 'm', 'x y'), (9, 'n', 'z=1/2') AS s(id, s, p)) s ON t.id = s.id "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT * WHEN NOT MATCHED BY SOURCE THEN DELETE",
            "INSERT OVERWRITE @t VALUES (7, 'o', 'q')",
            "OPTIMIZE @t",
        )
        return [(0, 6), (2, 4), (5, 5)]

    @table("spark-constraints", "NOT NULL at the top and in a struct, CHECK constraints, one dropped again")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT NOT NULL, n INT, s STRUCT<a: INT NOT NULL, b: STRING>) USING delta",
            "ALTER TABLE @t ADD CONSTRAINT positive CHECK (id > 0)",
            "ALTER TABLE @t ADD CONSTRAINT small CHECK (n < 100 OR n IS NULL)",
            "INSERT INTO @t VALUES (1, 99, struct(1, 'x')), (2, null, struct(3, null))",
            "ALTER TABLE @t DROP CONSTRAINT small",
            "INSERT INTO @t VALUES (3, 100, struct(2, null))",
        )
        return []

    @table("spark-generated", "generated columns (one partitions) and column defaults")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, at TIMESTAMP, day DATE GENERATED ALWAYS AS (CAST(at AS DATE)), "
            "double_id BIGINT GENERATED ALWAYS AS (id * 2), note STRING) USING delta PARTITIONED BY (day)",
            "INSERT INTO @t (id, at) VALUES (1, TIMESTAMP'2024-02-29 23:59:59.999999'), (2, null)",
            "ALTER TABLE @t SET TBLPROPERTIES ('delta.feature.allowColumnDefaults' = 'supported')",
            "ALTER TABLE @t ALTER COLUMN note SET DEFAULT 'none'",
            "INSERT INTO @t (id, at) VALUES (3, TIMESTAMP'1999-12-31 00:00:00')",
        )
        return []

    @table("spark-partitions", "partition values of every simple type, null, empty, and in need of escaping")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, s STRING, b BOOLEAN, i SMALLINT, d DATE, t TIMESTAMP, n TIMESTAMP_NTZ, x DOUBLE, m DECIMAL(6,3)) "
            "USING delta PARTITIONED BY (s, b, i, d, t, n, x, m)",
            r"INSERT INTO @t VALUES "
            r"(1, 'a/b=c%20d e', true, -32768, DATE'0001-01-01', TIMESTAMP'1899-12-31 23:59:59.000001', TIMESTAMP_NTZ'2024-01-01 00:00:00', DOUBLE('-0.0'), -0.5), "
            r"(2, '', false, 0, DATE'9999-12-31', TIMESTAMP'2024-06-30 12:00:00', TIMESTAMP_NTZ'1969-12-31 23:59:59.5', DOUBLE('NaN'), 999.999), "
            r"(3, null, null, null, null, null, null, null, null), "
            r"(4, '__HIVE_DEFAULT_PARTITION__', true, 1, DATE'1970-01-01', TIMESTAMP'1970-01-01 00:00:00', TIMESTAMP_NTZ'1970-01-01 00:00:00', DOUBLE('Infinity'), 0), "
            r"(5, 'ü😀\t\'\"#?&:+*', true, 1, DATE'1970-01-01', TIMESTAMP'1970-01-01 00:00:00', TIMESTAMP_NTZ'1970-01-01 00:00:00', 1e-300, 0)",
            "DELETE FROM @t WHERE s = ''",
        )
        return []

    @table("spark-clustered", "clustered by two columns, and optimised")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, a INT, b STRING) USING delta CLUSTER BY (a, b)",
            "INSERT INTO @t SELECT id, cast(id % 3 AS INT), concat('b', id % 4) FROM range(24)",
            "INSERT INTO @t SELECT id + 100, cast(id % 3 AS INT), 'c' FROM range(6)",
            "OPTIMIZE @t",
        )
        return []

    @table("spark-types", "every type that this engine writes, at its edges")
    def _(path):
        run(
            path,
            "CREATE TABLE @t (id BIGINT, y TINYINT, h SMALLINT, i INT, f FLOAT, d DOUBLE, m DECIMAL(9,2), l DECIMAL(38,10), s STRING, b BOOLEAN, "
            "r BINARY, dt DATE, ts TIMESTAMP, nt TIMESTAMP_NTZ, st STRUCT<a: INT, u: STRUCT<v: STRING>>, ar ARRAY<ARRAY<DOUBLE>>, mp MAP<INT, STRUCT<w: DATE>>) USING delta",
            "INSERT INTO @t VALUES (-9223372036854775808, -128, -32768, -2147483648, FLOAT('-0.0'), DOUBLE('4.9e-324'), -9999999.99, 9999999999999999999999999999.9999999999, '', true, "
            "X'', DATE'0001-01-01', TIMESTAMP'0001-01-01 00:00:00', TIMESTAMP_NTZ'9999-12-31 23:59:59.999999', struct(null, struct('deep')), array(array(1.5, null), null, array()), map(1, struct(DATE'2000-01-01'), 2, null)), "
            "(9223372036854775807, 127, 32767, 2147483647, FLOAT('NaN'), DOUBLE('-Infinity'), 0, -0.0000000001, 'ü😀', false, "
            "X'00FF', DATE'9999-12-31', TIMESTAMP'9999-12-31 23:59:59.999999', TIMESTAMP_NTZ'0001-01-01 00:00:00', null, array(), map()), "
            "(0, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null)",
        )
        return []

    def read(path, version):
        return spark_reader.read_version(path, version)

    def latest(path):
        return spark.sql(f"DESCRIBE HISTORY delta.`{path}` LIMIT 1").collect()[0]["version"]

    return f"Apache Spark {spark.version} with Delta 4.4.0", read, spark_reader.changes, latest


def deltalake_tables():
    import deltalake_runner
    import pyarrow as pa
    from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Schema, Transaction, __version__, write_deltalake
    from deltalake.schema import PrimitiveType

    no_hooks = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)

    def rows(ids, p="a"):
        ids = list(ids)
        s = pa.array([None if i % 4 == 0 else f"s-{i}" for i in ids], pa.string())
        x = pa.array([i / 3 for i in ids], pa.float64())
        return pa.table({"id": pa.array(ids, pa.int64()), "s": s, "x": x, "p": pa.array([p] * len(ids), pa.string())})

    @table("deltalake-tour", "MERGE, UPDATE, DELETE, OPTIMIZE, schema merge, overwrite of a predicate, RESTORE, a checkpoint")
    def _(path):
        write_deltalake(path, pa.concat_tables([rows(range(6)), rows(range(6, 12), "b c"), rows([12], None)]), partition_by=["p"])
        t = DeltaTable(path)
        source = rows([3, 50], "b c")
        t.merge(source, "t.id = s.id", source_alias="s", target_alias="t").when_matched_update({"s": "s.s"}).when_not_matched_insert_all().execute()
        t.update(predicate="p = 'b c'", updates={"x": "x * 10"})
        t.delete("id = 1")
        t.optimize.z_order(["id"])
        t.create_checkpoint()
        more = pa.table({"id": pa.array([60], pa.int64()), "n": [{"k": [1, None]}], "p": ["a"]})
        write_deltalake(t, more, mode="append", schema_mode="merge")
        write_deltalake(DeltaTable(path), rows([70, 71], "a"), mode="overwrite", predicate="p = 'a'", schema_mode="merge")
        DeltaTable(path).restore(3)
        return []

    @table("deltalake-change-feed", "the change feed as deltalake writes it")
    def _(path):
        write_deltalake(path, pa.concat_tables([rows(range(6)), rows(range(6, 9), "b")]), partition_by=["p"], configuration={"delta.enableChangeDataFeed": "true"})
        t = DeltaTable(path)
        t.update(predicate="id < 2", updates={"s": "'new'"})
        t.delete("id = 7")
        t.delete("p = 'a' and id > 3")
        t.merge(rows([2, 90], "a"), "t.id = s.id", source_alias="s", target_alias="t").when_matched_update_all().when_not_matched_insert_all().execute()
        write_deltalake(DeltaTable(path), rows([5], "z"), mode="append")
        return [(0, 5), (1, 3)]

    @table("deltalake-types", "every type deltalake writes, nested ones too, under its timestampNtz feature")
    def _(path):
        import datetime
        from decimal import Decimal

        utc = datetime.timezone.utc
        schema = pa.schema(
            [
                ("id", pa.int64()), ("y", pa.int8()), ("h", pa.int16()), ("i", pa.int32()), ("f", pa.float32()), ("d", pa.float64()),
                ("m", pa.decimal128(9, 2)), ("l", pa.decimal128(38, 10)), ("b", pa.bool_()), ("r", pa.binary()), ("dt", pa.date32()),
                ("ts", pa.timestamp("us", "UTC")), ("nt", pa.timestamp("us")), ("st", pa.struct([("a", pa.int32()), ("u", pa.struct([("v", pa.string())]))])),
                ("ar", pa.list_(pa.list_(pa.float64()))), ("mp", pa.map_(pa.int32(), pa.string())),
            ]
        )  # fmt: skip
        full = {
            "id": -(2**63), "y": -128, "h": -32768, "i": -(2**31), "f": -0.0, "d": 5e-324, "m": Decimal("-9999999.99"), "l": Decimal("-0.0000000001"),
            "b": True, "r": b"\x00\xff", "dt": datetime.date(1, 1, 1), "ts": datetime.datetime(1, 1, 1, tzinfo=utc), "nt": datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
            "st": {"a": None, "u": {"v": "ü😀"}}, "ar": [[1.5, None], None, []], "mp": [(1, "one"), (2, None)],
        }  # fmt: skip
        empty = {**dict.fromkeys(schema.names), "id": 1}
        write_deltalake(path, pa.Table.from_pylist([full, empty], schema=schema))
        odd = {**empty, "id": 2**63 - 1, "f": float("nan"), "d": float("-inf"), "ar": [], "mp": [], "r": b""}
        write_deltalake(path, pa.Table.from_pylist([odd], schema=schema), mode="append")
        return []

    @table("deltalake-constraints", "a CHECK constraint, NOT NULL, application transactions")
    def _(path):
        schema = Schema([Field("id", PrimitiveType("long"), nullable=False), Field("v", PrimitiveType("double"))])
        t = DeltaTable.create(path, schema, configuration={"delta.checkpointInterval": "3"})
        t.alter.add_constraint({"positive": "id > 0"})
        data = pa.table({"id": pa.array([1, 2], pa.int64()), "v": [0.5, None]}, schema=pa.schema([pa.field("id", pa.int64(), False), ("v", pa.float64())]))
        for version in (1, 2):
            properties = CommitProperties(app_transactions=[Transaction("app", version)], custom_metadata={"note": "v"})
            write_deltalake(path, data, mode="append", commit_properties=properties)
        return []

    @table("deltalake-partitions", "partition values of several types, null, and in need of escaping")
    def _(path):
        import datetime

        data = pa.table(
            {
                "id": pa.array(range(5), pa.int64()),
                "s": ["a/b=c%20d e", None, "ü😀#?&:+*", "..", "__HIVE_DEFAULT_PARTITION__"],
                "d": pa.array([datetime.date(1, 1, 1), None, datetime.date(9999, 12, 31), datetime.date(1970, 1, 1), datetime.date(2024, 2, 29)]),
                "b": [True, None, False, True, True],
                "i": pa.array([-(2**31), None, 0, 1, 2], pa.int32()),
                "t": pa.array([datetime.datetime(1899, 12, 31, 23, 59, 59, 1), None, datetime.datetime(2024, 6, 30), datetime.datetime(1970, 1, 1), datetime.datetime(2500, 1, 1)], pa.timestamp("us", "UTC")),
            }
        )
        write_deltalake(path, data, partition_by=["s", "d", "b", "i", "t"])
        DeltaTable(path).delete("i = 1")
        return []

    @table("deltalake-features", "deletion vectors allowed and never written, commits compacted in the log")
    def _(path):
        write_deltalake(path, rows(range(3)), configuration={"delta.enableDeletionVectors": "true", "delta.checkpointInterval": "100"})
        for i in range(4):
            write_deltalake(path, rows([10 + i]), mode="append", post_commithook_properties=no_hooks)
        DeltaTable(path).compact_logs(1, 3)
        DeltaTable(path).optimize.compact()
        return []

    def read(path, version):
        return deltalake_runner.read_version(path, version)

    def latest(path):
        return DeltaTable(path).version()

    return f"deltalake {__version__}", read, deltalake_runner.changes, latest


def named(kind):
    """A type with the names and types of its fields only."""
    if isinstance(kind, list):
        return [named(item) for item in kind]
    if isinstance(kind, dict):
        told = ("name", "type", "fields", "elementType", "keyType", "valueType")
        return {key: named(kind[key]) for key in told if key in kind}
    return kind


def lines(expected):
    """JSON with a line for every version and range, so that a change of one shows as one."""
    for key, value in expected.items():
        if isinstance(value, list):
            inner = ",\n".join("  " + json.dumps(item, ensure_ascii=False) for item in value)
            yield f" {json.dumps(key)}: [\n{inner}\n ]" if value else f" {json.dumps(key)}: []"
        else:
            yield f" {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}"


def keep(contents):
    return {name: contents[name] for name in ("totalRows", "rowsSha256", "rows")}


def tidy(folder, path):
    """Leaves out Hadoop's checksums, empty folders, and where this machine has the table."""
    for crc in folder.rglob(".*.crc"):
        crc.unlink()
    for staged in folder.rglob("_staged_commits"):
        staged.rmdir()
    for commit in folder.rglob("_delta_log/*.json"):
        text = commit.read_text(encoding="utf-8")
        commit.write_text(text.replace(path, f"/golden/{folder.name}/table"), encoding="utf-8")


def main():
    engine, *names = sys.argv[1:]
    writer, read, changes, latest = {"spark": spark_tables, "deltalake": deltalake_tables}[engine]()
    for name in names or MAKERS:
        about, make = MAKERS[name]
        folder = TABLES / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        path = str(folder / "table")
        try:
            ranges = make(path)
        except Exception as problem:
            print(f"{name}: FAILED: {str(problem)[:600]}")
            continue
        expected = {"writer": writer, "about": about, "versions": [], "changes": []}
        for version in range(latest(path) + 1):
            contents = read(path, version)
            expected["versions"].append({"version": version, "fields": named(contents["schema"]["fields"]), **keep(contents)})
        for start, end in ranges:
            expected["changes"].append({"from": start, "to": end, **keep(changes(path, start, end))})
        tidy(folder, path)
        text = ",\n".join(lines(expected))
        (folder / "expected.json").write_text("{\n" + text + "\n}\n", encoding="utf-8")
        print(f"{name}: {len(expected['versions'])} versions")


if __name__ == "__main__":
    main()
