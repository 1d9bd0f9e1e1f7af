import { property } from "../support/property.ts";
import {
  type Configuration,
  configuration,
  programs,
  runProgram,
} from "./program.ts";
import type { Step } from "./commands.ts";

property<[Configuration, Iterable<Step>]>(
  "a table is what a plain list of rows is, through every operation",
  (replayPath) => [configuration, programs(replayPath)],
  runProgram,
);
