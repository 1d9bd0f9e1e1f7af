import { assertEquals } from "@std/assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environmentFor, findJava } from "./spark.ts";

Deno.test("environmentFor() gives the names that the tests look for", () => {
  const spark = { python: "p", jars: "j", javaHome: "h" };
  assertEquals(environmentFor(spark), {
    LITMUS_SPARK_PYTHON: "p",
    LITMUS_SPARK_JARS: "j",
    JAVA_HOME: "h",
  });
});

Deno.test("findJava() takes the release that Spark runs on best, and no other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "litmus-java-"));
  const named = Deno.env.get("JAVA_HOME");
  try {
    Deno.env.delete("JAVA_HOME");
    // Given a machine with an old Java, a late one and a later one,
    await installJava(folder, "old", "1.8.0_452");
    await installJava(folder, "late", "25.0.1");
    assertEquals(findJava(folder), join(folder, "late"));
    await installJava(folder, "later", "21.0.2");
    // when asked, then the one that Spark prefers is found,
    assertEquals(findJava(folder), join(folder, "later"));
    // and a named one goes before, unless Spark cannot run on it.
    Deno.env.set("JAVA_HOME", join(folder, "late"));
    assertEquals(findJava(folder), join(folder, "late"));
    Deno.env.set("JAVA_HOME", join(folder, "old"));
    assertEquals(findJava(folder), join(folder, "later"));
  } finally {
    if (named === undefined) Deno.env.delete("JAVA_HOME");
    else Deno.env.set("JAVA_HOME", named);
    await rm(folder, { recursive: true });
  }
});

async function installJava(
  folder: string,
  name: string,
  version: string,
): Promise<void> {
  const bin = join(folder, name, "bin");
  await Deno.mkdir(bin, { recursive: true });
  const script = `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`;
  await Deno.writeTextFile(join(bin, "java"), script, { mode: 0o755 });
}
