"""Spark with Delta behind the line protocol, one session for everything.

Requests: `read` {table, versions}, `changes` {table, from_version, to_version},
`sql` {statements: […]}, `about` {}. The jars' folder is the only argument.
"""

import glob
import json
import os
import re
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

os.environ["TZ"] = "UTC"

import canonical
import pyspark
from line_server import answer, serve
from pyspark.sql import SparkSession
from pyspark.sql import types as t

# Dates and times stay the integers that the session sends: Python's own know the years 1 to 9999 only.
for kind in (t.DateType, t.TimestampType, t.TimestampNTZType):
    kind.fromInternal = lambda self, value: value


def artifact(jar):
    """The name of a jar without its version."""
    return re.sub(r"-\d[\w.]*(-\d+)?\.jar$", "", os.path.basename(jar))


def missing(jars):
    """Those of the jars that Spark does not bring itself: two Jacksons are one too many."""
    own = {artifact(jar) for jar in glob.glob(os.path.join(os.path.dirname(pyspark.__file__), "jars", "*.jar"))}
    return [jar for jar in sorted(glob.glob(os.path.join(jars, "*.jar"))) if artifact(jar) not in own]


def start(jars):
    scratch = tempfile.mkdtemp(prefix="litmus-spark-")
    settings = {
        "spark.master": "local[2]",
        "spark.driver.memory": "2g",
        "spark.ui.enabled": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC",
        "spark.driver.extraClassPath": ":".join(missing(jars)),
        "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
        "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
        "spark.sql.warehouse.dir": os.path.join(scratch, "warehouse"),
        "spark.sql.session.timeZone": "UTC",
        # A table here is a few rows: compiling a query costs more than running it.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.default.parallelism": "1",
        "spark.databricks.delta.snapshotPartitions": "1",
        "spark.databricks.delta.retentionDurationCheck.enabled": "false",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    }
    builder = SparkSession.builder.appName("litmus")
    for key, value in settings.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    return session


def contents_of(frame):
    schema = json.loads(frame.schema.json())
    rows = [shape(row, frame.schema) for row in frame.collect()]
    return canonical.contents(rows, schema)


def shape(value, kind):
    """Maps become pairs."""
    if value is None:
        return None
    if isinstance(kind, t.StructType):
        return [shape(item, field.dataType) for item, field in zip(value, kind.fields, strict=True)]
    if isinstance(kind, t.ArrayType):
        return [shape(item, kind.elementType) for item in value]
    if isinstance(kind, t.MapType):
        return [(shape(key, kind.keyType), shape(item, kind.valueType)) for key, item in value.items()]
    return value


def read_version(table, version):
    return contents_of(spark.read.format("delta").option("versionAsOf", version).load(table))


def read(table, versions):
    # Most of a read is planning, on one thread: two at a time take little more than half.
    with ThreadPoolExecutor(2) as pool:
        return {"versions": list(pool.map(lambda version: answer(lambda: read_version(table, version)), versions))}


def changes(table, from_version, to_version):
    reader = spark.read.format("delta").option("readChangeFeed", "true")
    frame = reader.option("startingVersion", from_version).option("endingVersion", to_version).load(table)
    return contents_of(frame.drop("_commit_timestamp"))


def sql(statements):
    frame = None
    for statement in statements:
        frame = spark.sql(statement)
    return contents_of(frame) if frame is not None and frame.columns else {}


def about():
    return {"spark": spark.version, "pyspark": pyspark.__version__}


if __name__ == "__main__":
    spark = start(sys.argv[1])
    serve({"read": read, "changes": changes, "sql": sql, "about": about})
    spark.stop()
