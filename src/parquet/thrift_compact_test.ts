import { assertEquals, assertThrows } from "@std/assert";
import {
  ThriftError,
  ThriftReader,
  ThriftWriter,
  WIRE,
} from "./thrift_compact.ts";

Deno.test("ThriftReader reads what ThriftWriter wrote", () => {
  // Given fields far apart, numbers of every size, long lists, nested structs,
  const numbers = [0, 1, -1, 63, 64, -65, 2 ** 31, -(2 ** 31), 2 ** 52];
  const names = Array.from({ length: 20 }, (_, i) => `n${i}é`);
  const writer = new ThriftWriter();
  writer.struct(() => {
    numbers.forEach((value, i) => writer.i64(1 + i * 20, value));
    writer.list(200, WIRE.binary, names, (name) => writer.binaryElement(name));
    writer.structField(201, () => writer.i32(3, 7));
    writer.i32(202, undefined);
    writer.i16(203, 5);
    writer.raw(204, WIRE.true, new Uint8Array(0));
  });
  // when they are read,
  const read: unknown[] = [];
  const thrift = new ThriftReader(writer.finish());
  thrift.struct((id, type) => {
    if (type === WIRE.i64 || type === WIRE.i16) read.push(thrift.integer());
    else if (type === WIRE.list) {
      read.push(thrift.list(WIRE.binary, () => thrift.string()));
    } else if (type === WIRE.true) read.push(id);
    else return false;
    return true;
  });
  // then they are the same, and the skipped struct was stepped over.
  assertEquals(read, [...numbers, names, 5, 204]);
  assertEquals(thrift.position, thrift.bytes.length);
});

Deno.test("ThriftReader throws at every cut instead of reading on", () => {
  const writer = new ThriftWriter();
  writer.struct(() => {
    writer.i64(1, 2 ** 40);
    writer.binary(2, "some text");
    writer.list(3, WIRE.i32, [1, 2, 3], (n) => writer.integer(n));
    writer.structField(4, () => writer.binary(1, "inner"));
  });
  const bytes = writer.finish();
  for (let length = 0; length < bytes.length; length++) {
    assertThrows(
      () => new ThriftReader(bytes.subarray(0, length)).skip(WIRE.struct, 0),
      ThriftError,
    );
  }
});

Deno.test("ThriftReader refuses endless numbers, lists and nesting", () => {
  const endless = new Uint8Array(50).fill(0xff);
  assertThrows(() => new ThriftReader(endless).varint(), ThriftError);
  const list = Uint8Array.of(0xf8, 0xff, 0xff, 0xff, 0x7f);
  assertThrows(() => new ThriftReader(list).listHead(), ThriftError);
  const nested = new Uint8Array(200).fill(0x1c);
  assertThrows(
    () => new ThriftReader(nested).skip(WIRE.struct, 0),
    ThriftError,
  );
});
