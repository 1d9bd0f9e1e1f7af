/**
 * The neural-signal data that the verification writes: the project's origin in
 * eight columns. Every row has a timestamp of its own, so rows tell who wrote
 * them and a row twice is seen.
 *
 * @module
 */

import type { Row, StructType } from "../../src/mod.ts";

type Kind = "timestamp" | "integer" | "double" | "boolean" | "string";

const field = (name: string, kind: Kind): StructType["fields"][number] => ({
  name,
  type: { kind },
  nullable: true,
  metadata: {},
});

/** The eight columns. */
export const SIGNALS: StructType = {
  kind: "struct",
  fields: [
    field("timestamp", "timestamp"),
    field("channel", "integer"),
    field("voltage", "double"),
    field("is_spike", "boolean"),
    field("session_id", "string"),
    field("region", "string"),
    field("quality", "double"),
    field("sampling_rate", "integer"),
  ],
};

/** The eight columns and the one that schema evolution adds. */
export const SIGNALS_WITH_TEMPERATURE: StructType = {
  kind: "struct",
  fields: [...SIGNALS.fields, field("temperature", "double")],
};

const REGIONS = [
  "motor_cortex",
  "hippocampus",
  "prefrontal_cortex",
  "visual_cortex",
];
const EPOCH = BigInt(Date.UTC(2025, 0, 1)) * 1000n;

/** `count` rows from row number `first` on, of one session; the same numbers make the same rows. */
export function signals(
  first: number,
  count: number,
  session = "session-001",
): Row[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const voltage = Math.sin(n / 9) * 75 + (n % 17) - 8;
    return {
      timestamp: EPOCH + BigInt(n) * 33n,
      channel: n % 64,
      voltage,
      is_spike: Math.abs(voltage) > 65,
      session_id: session,
      region: REGIONS[n % REGIONS.length]!,
      quality: 0.5 + ((n * 7919) % 500) / 1000,
      sampling_rate: 30_000,
    };
  });
}

/** Rows with the ninth column. */
export function signalsWithTemperature(first: number, count: number): Row[] {
  return signals(first, count).map((row, i) => ({
    ...row,
    temperature: 36.5 + (i % 10) / 10,
  }));
}
