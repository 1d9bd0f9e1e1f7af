import { assertEquals, assertMatch } from "@std/assert";
import { environmentFor, freePort, startMinio } from "./minio.ts";
import { needs } from "../testing/needs.ts";

Deno.test("environmentFor() gives location, endpoint and credentials in the names that people paste", () => {
  const env = environmentFor("http://127.0.0.1:9000");
  assertEquals(env.AWS_ENDPOINT_URL, "http://127.0.0.1:9000");
  assertMatch(env.LITMUS_S3_URL!, /^s3:\/\/litmus-test\//);
});

Deno.test("freePort() gives a port that can be listened on, and refuses one in use", async () => {
  // Given a listener,
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  // when its port and any port are asked for,
  const refused = await freePort(port).then(() => false, () => true);
  const free = await freePort();
  listener.close();
  // then only the latter is given.
  assertEquals(refused, true);
  assertEquals(free > 0 && free !== port, true);
});

Deno.test({
  name: "startMinio() serves the bucket on loopback until it is stopped",
  ...needs({ s3: true }),
  async fn() {
    const minio = await startMinio();
    const response = await fetch(`${minio.endpoint}/minio/health/ready`);
    await response.body?.cancel();
    assertEquals(response.status, 200);
    await minio.stop();
    const gone = await fetch(`${minio.endpoint}/minio/health/ready`)
      .then(() => false, () => true);
    assertEquals(gone, true);
  },
});
