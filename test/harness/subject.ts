import { expect } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { clock } from "../../runtime/life/clock.ts";
import { serve } from "../../runtime/process/serve.ts";
import { interpret } from "../reference/interpreter.ts";
import { LogLines } from "./log-lines.ts";
import { buildForTest, startGateway } from "./running-gateway.ts";

/** A gateway under test, whichever way it runs. */
export interface Subject {
  readonly port: number;
  /** Undefined where the gateway has no admin listener. */
  readonly adminPort: number | undefined;
  /** What it writes to standard output. */
  readonly log: LogLines;
  /** Turns its clock forward, by milliseconds. */
  advance(milliseconds: number): Promise<void>;
  stop(): Promise<void>;
}

/** Where a gateway is, which it finds in its environment as `FOLDER`. */
export interface Project {
  readonly folder: string;
  readonly entry: string;
}

export type StartSubject = (project: Project, environment: Readonly<Record<string, string>>) => Promise<Subject>;

/** Compiled, and started as a process of its own. */
export const startCompiled: StartSubject = async ({ folder, entry }, environment) => {
  const built = await buildForTest(entry);
  expect(
    built.diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`),
  ).toEqual([]);
  const running = await startGateway(built.out, { ...environment, FOLDER: folder }, { cwd: folder });
  return {
    port: running.port,
    adminPort: running.adminPort,
    log: running.log,
    advance: running.advance,
    stop: async () => {
      await running.stop();
      built.dispose();
    },
  };
};

/** Interpreted from the IR, in this process. */
export const startInterpreted: StartSubject = async ({ folder, entry }, environment) => {
  const { ir, diagnostics } = await checkGateway(entry);
  if (ir === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  const log = new LogLines();
  const { monotonic, wall } = clock;
  // As in clock-control.mjs.
  let turned = 0;
  clock.monotonic = () => 1_000_000 + turned;
  clock.wall = () => Date.UTC(2026, 11, 1) + turned;
  const gateway = await interpret(ir, {
    environment: { ...environment, FOLDER: folder },
    folder,
    log: { write: (line) => log.push(`${line}\n`) },
  });
  const serving = await serve(gateway, { port: 0, adminPort: 0, drainTimeout: 0 });
  return {
    port: serving.port,
    adminPort: serving.adminPort,
    log,
    advance: async (milliseconds) => {
      turned += milliseconds;
    },
    stop: async () => {
      await serving.close();
      Object.assign(clock, { monotonic, wall });
    },
  };
};
