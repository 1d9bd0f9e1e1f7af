/**
 * The pictures of `docs/how_it_works.md`, drawn as SVG that is readable in light
 * and dark.
 *
 * @module
 */

type Tone = "ink" | "soft" | "good" | "bad" | "warn";

const STYLE = `
  text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .small { font-size: 12px; } .title { font-size: 15px; font-weight: 600; }
  .mono { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: 13px; }
  .paper { fill: #ffffff; }
  .t-soft { fill: #59636e; } .t-good { fill: #116329; } .t-bad { fill: #b3261e; } .t-warn { fill: #8a5a00; }
  .box { stroke-width: 1.5; fill: #f6f8fa; stroke: #59636e; }
  .b-good { fill: #dafbe1; stroke: #1a7f37; } .b-bad { fill: #ffebe9; stroke: #cf222e; }
  .b-warn { fill: #fff8c5; stroke: #9a6700; } .b-soft { fill: none; stroke: #afb8c1; stroke-dasharray: 4 3; }
  .line { stroke-width: 1.5; stroke: #59636e; fill: none; }
  .l-soft { stroke: #afb8c1; } .l-good { stroke: #1a7f37; } .l-bad { stroke: #cf222e; } .l-warn { stroke: #9a6700; }
  .dash { stroke-dasharray: 5 4; } .h { fill: #59636e; }
  .h-good { fill: #1a7f37; } .h-bad { fill: #cf222e; } .h-warn { fill: #9a6700; } .h-soft { fill: #afb8c1; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .paper { fill: #0d1117; }
    .t-soft { fill: #9ea7b3; } .t-good { fill: #7ee787; } .t-bad { fill: #ff9b93; } .t-warn { fill: #e3b341; }
    .box { fill: #161b22; stroke: #8b949e; }
    .b-good { fill: #12261e; stroke: #3fb950; } .b-bad { fill: #2d1517; stroke: #f85149; }
    .b-warn { fill: #272115; stroke: #d29922; } .b-soft { fill: none; stroke: #484f58; }
    .line { stroke: #8b949e; } .l-soft { stroke: #484f58; } .l-good { stroke: #3fb950; }
    .l-bad { stroke: #f85149; } .l-warn { stroke: #d29922; }
    .h { fill: #8b949e; } .h-good { fill: #3fb950; } .h-bad { fill: #f85149; } .h-warn { fill: #d29922; } .h-soft { fill: #484f58; }
  }`;

const escaped = (text: string): string =>
  text.replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** A sheet to draw on. */
class Sheet {
  readonly #parts: string[] = [];
  readonly #size: readonly [number, number];
  readonly #title: string;

  constructor(width: number, height: number, title: string) {
    this.#size = [width, height];
    this.#title = title;
  }

  text(
    x: number,
    y: number,
    text: string,
    { tone = "ink", kind = "", at = "start" }: {
      tone?: Tone;
      kind?: string;
      at?: "start" | "middle" | "end";
    } = {},
  ): this {
    this.#parts.push(
      `<text x="${x}" y="${y}" class="t-${tone} ${kind}" text-anchor="${at}">${
        escaped(text)
      }</text>`,
    );
    return this;
  }

  box(
    x: number,
    y: number,
    width: number,
    height: number,
    text = "",
    tone: Tone = "ink",
    kind = "",
  ): this {
    this.#parts.push(
      `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="5" class="box b-${tone}"/>`,
    );
    const lines = text === "" ? [] : text.split("\n");
    lines.forEach((line, i) => {
      const down = y + height / 2 + 5 + (i - (lines.length - 1) / 2) * 18;
      this.text(x + width / 2, down, line, { at: "middle", kind });
    });
    return this;
  }

  line(
    [x1, y1]: readonly [number, number],
    [x2, y2]: readonly [number, number],
    tone: Tone = "ink",
    isDashed = false,
  ): this {
    this.#parts.push(
      `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" class="line l-${tone}${
        isDashed ? " dash" : ""
      }"/>`,
    );
    return this;
  }

  arrow(
    from: readonly [number, number],
    to: readonly [number, number],
    tone: Tone = "ink",
    isDashed = false,
  ): this {
    this.line(from, to, tone, isDashed);
    const turn = Math.atan2(to[1] - from[1], to[0] - from[0]) * 180 / Math.PI;
    this.#parts.push(
      `<path d="M0 0L-9 -4.5L-9 4.5Z" class="h h-${tone}" transform="translate(${
        to[0]
      } ${to[1]}) rotate(${turn.toFixed(1)})"/>`,
    );
    return this;
  }

  cross(x: number, y: number): this {
    this.line([x - 6, y - 6], [x + 6, y + 6], "bad");
    return this.line([x - 6, y + 6], [x + 6, y - 6], "bad");
  }

  svg(): string {
    const [width, height] = this.#size;
    return `<!-- deno-fmt-ignore-file -->
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${
      escaped(this.#title)
    }">
<title>${escaped(this.#title)}</title>
<style>${STYLE}
</style>
<rect width="${width}" height="${height}" rx="8" class="paper"/>
${this.#parts.join("\n")}
</svg>
`;
  }
}

function log(): string {
  const s = new Sheet(
    760,
    220,
    "Two writers create the same numbered file; one of them wins",
  );
  s.text(30, 32, "a table's log", { kind: "title" });
  for (let v = 0; v < 3; v++) {
    s.box(30 + v * 120, 90, 104, 44, `${v}.json`, "ink", "mono");
  }
  s.box(390, 90, 104, 44, "3.json", "good", "mono");
  s.box(510, 90, 104, 44, "4.json ?", "soft", "mono");
  s.text(398, 42, "Ann: create 3.json", { tone: "good" });
  s.arrow([440, 50], [440, 86], "good");
  s.text(398, 192, "Bob: create 3.json", { tone: "bad" });
  s.line([440, 174], [440, 152], "bad");
  s.cross(440, 145);
  s.text(545, 42, "“created”", { tone: "good" });
  s.text(545, 192, "“exists”: read, check, try 4", { tone: "bad" });
  s.arrow([562, 174], [562, 138], "soft", true);
  s.text(30, 166, "Readers add the files up: version 2", {
    tone: "soft",
    kind: "small",
  });
  s.text(30, 184, "is what 0, 1 and 2 together say.", {
    tone: "soft",
    kind: "small",
  });
  return s.svg();
}

function history(): string {
  const s = new Sheet(
    760,
    330,
    "A history: what three clients asked and were told, above the log that came of it",
  );
  const lane = (y: number, name: string) => {
    s.text(24, y + 5, name, { kind: "title" });
    s.line([90, y], [735, y], "soft");
  };
  lane(60, "Ann");
  lane(120, "Bob");
  lane(180, "Cleo");
  const bar = (y: number, x: number, w: number, text: string, tone: Tone) =>
    s.box(x, y - 16, w, 32, text, tone, "small");
  bar(60, 110, 190, "append row 9", "ink");
  s.text(305, 52, "ok, version 1", { tone: "good", kind: "small" });
  bar(60, 520, 120, "read", "ink");
  s.text(645, 52, "1, 2, 9", { tone: "good", kind: "small" });
  bar(120, 190, 190, "delete row 2", "ink");
  s.text(385, 112, "conflict: failed", { tone: "bad", kind: "small" });
  bar(180, 420, 190, "append row 7", "ink");
  s.text(615, 172, "no answer: unknown", { tone: "warn", kind: "small" });
  s.line([24, 222], [735, 222], "soft", true);
  s.text(24, 262, "the log", { kind: "title" });
  s.box(100, 240, 100, 36, "0.json", "ink", "mono");
  s.box(232, 240, 100, 36, "1.json", "good", "mono");
  s.box(510, 240, 100, 36, "2.json ?", "warn", "mono");
  s.arrow([124, 78], [250, 236], "good", true);
  s.arrow([545, 198], [556, 236], "warn", true);
  s.text(
    24,
    308,
    "A “failed” must never show in the log. An “ok” must. Of an “unknown” both are allowed, but only one of them, for ever.",
    { tone: "soft", kind: "small" },
  );
  return s.svg();
}

function schedule(): string {
  const s = new Sheet(
    760,
    330,
    "Each call to the store waits at two gates; who may pass next is the schedule",
  );
  s.text(120, 36, "client", { kind: "title", at: "middle" });
  s.text(380, 36, "store", { kind: "title", at: "middle" });
  s.line([120, 48], [120, 300], "soft");
  s.line([380, 48], [380, 300], "soft");
  s.arrow([120, 80], [234, 104]);
  s.box(238, 92, 24, 46, "", "warn");
  s.arrow([262, 118], [374, 142]);
  s.box(372, 136, 16, 34, "", "good");
  s.arrow([372, 172], [262, 198]);
  s.box(238, 184, 24, 46, "", "warn");
  s.arrow([238, 212], [126, 238]);
  s.text(130, 76, "create 3.json", { kind: "mono" });
  s.text(270, 106, "gate 1", { tone: "warn", kind: "small" });
  s.text(396, 158, "the effect", { tone: "good", kind: "small" });
  s.text(270, 222, "gate 2", { tone: "warn", kind: "small" });
  s.text(130, 262, "“created”", { kind: "mono" });
  s.text(500, 60, "One schedule", { kind: "title" });
  s.text(500, 84, "Ann’s request passes", { tone: "good" });
  s.text(500, 106, "Ann’s answer passes", { tone: "good" });
  s.text(500, 128, "Bob’s request passes: exists", {});
  s.text(500, 150, "Bob’s answer passes", {});
  s.text(500, 192, "Another", { kind: "title" });
  s.text(500, 216, "Ann’s request passes", { tone: "good" });
  s.text(500, 238, "Bob’s request passes: exists", {});
  s.text(500, 260, "Bob’s answer passes first,", {});
  s.text(500, 282, "and Ann has not heard yet", { tone: "warn" });
  return s.svg();
}

function faults(): string {
  const s = new Sheet(
    760,
    300,
    "Five ways for a commit to go wrong: before the effect, a lost answer, a zombie, a conflict, a crash",
  );
  const column = (
    x: number,
    title: string,
    lines: readonly string[],
    draw: (c: number, d: number) => void,
  ) => {
    s.text(x + 60, 32, title, { kind: "title", at: "middle" });
    s.line([x + 15, 46], [x + 15, 216], "soft");
    s.line([x + 105, 46], [x + 105, 216], "soft");
    draw(x + 15, x + 105);
    s.text(x + 15, 230, "client", { at: "middle", kind: "small" });
    s.text(x + 105, 230, "store", { at: "middle", kind: "small" });
    lines.forEach((line, i) =>
      s.text(x + 60, 258 + i * 18, line, {
        at: "middle",
        kind: "small",
        tone: "soft",
      })
    );
  };
  column(20, "fails before", ["no effect", "ask again"], (c, d) => {
    s.line([c, 70], [(c + d) / 2, 82]);
    s.cross((c + d) / 2 + 4, 84);
    s.arrow([(c + d) / 2, 108], [c + 4, 122], "bad", true);
  });
  column(
    168,
    "lost answer",
    ["it is there, and", "nobody was told"],
    (c, d) => {
      s.arrow([c, 70], [d - 6, 92]);
      s.box(d - 6, 88, 12, 22, "", "good");
      s.line([d - 6, 112], [(c + d) / 2, 126]);
      s.cross((c + d) / 2 - 4, 128);
    },
  );
  column(316, "zombie", ["an error now,", "the effect later"], (c, d) => {
    s.line([c, 70], [c + 40, 78]);
    s.arrow([c + 40, 92], [c + 4, 104], "bad", true);
    s.line([c + 40, 78], [c + 56, 150], "soft", true);
    s.arrow([c + 56, 150], [d - 6, 176]);
    s.box(d - 6, 172, 12, 22, "", "good");
  });
  column(464, "conflict", ["nothing decided:", "the same again"], (c, d) => {
    s.arrow([c, 70], [d - 6, 88]);
    s.arrow([d - 6, 104], [c + 4, 122], "warn");
    s.text((c + d) / 2, 140, "409", {
      at: "middle",
      kind: "mono",
      tone: "warn",
    });
  });
  column(
    612,
    "crash",
    ["the client is gone,", "here or one call later"],
    (c, d) => {
      s.cross(c, 76);
      s.arrow([c, 120], [d - 6, 142]);
      s.box(d - 6, 138, 12, 22, "", "good");
      s.cross(c, 126);
    },
  );
  return s.svg();
}

function vector(): string {
  const s = new Sheet(
    760,
    330,
    "A tree of choices; a run is a path through it, written down as a list of numbers",
  );
  const at: Record<string, [number, number]> = {
    root: [60, 160],
    a: [230, 80],
    b: [230, 240],
    aa: [400, 45],
    ab: [400, 110],
    ba: [400, 195],
    bb: [400, 270],
    bba: [560, 225],
    bbb: [560, 265],
    bbc: [560, 305],
  };
  const edge = (from: string, to: string, label: string, isTaken = false) => {
    const [x1, y1] = at[from]!;
    const [x2, y2] = at[to]!;
    s.line([x1 + 9, y1], [x2 - 9, y2], isTaken ? "warn" : "soft");
    s.text((x1 + x2) / 2, (y1 + y2) / 2 - 6, label, {
      kind: "small",
      at: "middle",
      tone: isTaken ? "warn" : "soft",
    });
  };
  edge("root", "a", "0");
  edge("root", "b", "1", true);
  edge("a", "aa", "0");
  edge("a", "ab", "1");
  edge("b", "ba", "0");
  edge("b", "bb", "1", true);
  edge("bb", "bba", "0");
  edge("bb", "bbb", "1");
  edge("bb", "bbc", "2", true);
  const taken = ["root", "b", "bb", "bbc"];
  for (const [name, [x, y]] of Object.entries(at)) {
    s.box(x - 9, y - 9, 18, 18, "", taken.includes(name) ? "warn" : "ink");
  }
  s.text(20, 36, "who goes on?", { tone: "soft", kind: "small" });
  s.text(200, 36, "who goes on?", { tone: "soft", kind: "small" });
  s.text(372, 24, "does it fail?", { tone: "soft", kind: "small" });
  s.text(580, 230, "no", { tone: "soft", kind: "small" });
  s.text(580, 270, "before the effect", { tone: "soft", kind: "small" });
  s.text(580, 310, "its answer is lost", { tone: "warn", kind: "small" });
  s.text(580, 60, "this run:", { kind: "title" });
  s.text(580, 86, "1,1,2", { kind: "mono", tone: "warn" });
  s.text(580, 120, "the calm run:", { kind: "title" });
  s.text(580, 146, "0,0  (or nothing)", { kind: "mono" });
  return s.svg();
}

function verdict(): string {
  const s = new Sheet(
    760,
    300,
    "The judge reads log, trace and history, replays the log by itself, and checks",
  );
  s.box(24, 40, 150, 48, "the log\nas it ended", "ink", "small");
  s.box(24, 116, 150, 48, "the trace: each\neffect in order", "ink", "small");
  s.box(
    24,
    192,
    150,
    48,
    "the history: what\nclients were told",
    "ink",
    "small",
  );
  for (const y of [64, 140, 216]) s.arrow([174, y], [226, 140]);
  s.box(
    230,
    96,
    150,
    88,
    "the judge\nreplays each version\nwith code of its own",
    "ink",
    "small",
  );
  s.arrow([380, 140], [432, 140]);
  s.box(
    436,
    52,
    130,
    176,
    "C1  the log is whole\nC2  removes hit\nC4  answers true\nC5  one order\n…\nC18  it goes on",
    "ink",
    "small",
  );
  s.arrow([566, 90], [612, 66], "bad");
  s.arrow([566, 140], [612, 140], "warn");
  s.arrow([566, 190], [612, 214], "soft");
  s.box(616, 42, 122, 48, "SAFETY\na wrong result", "bad", "small");
  s.box(616, 116, 122, 48, "LIVENESS\nrefused or stuck", "warn", "small");
  s.box(616, 190, 122, 48, "CONTRACT\na label untrue", "soft", "small");
  s.text(
    24,
    278,
    "Each verdict names the versions, operations and rows that contradict one another.",
    { tone: "soft", kind: "small" },
  );
  return s.svg();
}

/** Every picture by its path. */
export function pictures(): Readonly<Record<string, string>> {
  return {
    "docs/pictures/log.svg": log(),
    "docs/pictures/history.svg": history(),
    "docs/pictures/schedule.svg": schedule(),
    "docs/pictures/faults.svg": faults(),
    "docs/pictures/vector.svg": vector(),
    "docs/pictures/verdict.svg": verdict(),
  };
}
