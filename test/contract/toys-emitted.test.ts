import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { checkGateway, compileGateway } from "../../compiler/index.ts";
import { emittedKey } from "../../compiler/ir/emitted.ts";
import type { Printers } from "../../compiler/phases/5-emit/printers.ts";
import { sendRequest } from "../harness/http-client.ts";
import { startCompiled, startInterpreted } from "../harness/subject.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import type { makers } from "../reference/makers.ts";

/** A kind of emitted code that is made for this test is a row in the table of printers and one in the table of makers. */
const toys = vi.hoisted(() => () => import("./toys/emitted.ts"));
vi.mock("../../compiler/policies/registry.gen.ts", async (original) => (await toys()).greetPolicies(await original()));
vi.mock("../../schema/schemas.gen.ts", async (original) => (await toys()).greetSchemas(await original()));
vi.mock("../../compiler/phases/5-emit/printers.ts", async (original) => (await toys()).greetPrinters(await original()));
vi.mock("../reference/makers.ts", async (original) => (await toys()).greetMakers(await original()));

const gatewayFile = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: "\${env:PORT:-0}" } }
routes:
  all:
    match: { path: /** }
    policies: { public: a test, respond: { status: 204 }, greet: { word: "Hello, \\"you\\"" } }
  other:
    match: { path: /other }
    policies: { public: a test, respond: { status: 204 }, greet: { word: "Hello, \\"you\\"" } }
`;

it("emitted code of a new kind is printed where its node stands, and the interpreter makes the same", async () => {
  const folder = temporaryFolder({ "gateway.yaml": gatewayFile });
  const entry = join(folder, "gateway.yaml");
  const { modules, diagnostics } = await compileGateway(entry);
  expect(diagnostics.map(({ code }) => code)).toEqual([]);
  const text = [...(modules ?? new Map()).values()].map((one) => one.text).join("\n");
  // Of two operations that say the same, one instance has it.
  expect(text.match(/\(x\) => "Hello, \\"you\\" " \+ x\.method/g)).toHaveLength(1);
  for (const start of [startCompiled, startInterpreted]) {
    const subject = await start({ folder, entry }, { PORT: "0" });
    try {
      const { headers } = await sendRequest(subject.port, { method: "PUT", target: "/any", headers: [["Host", "a"]], body: "" });
      expect(headers.find(([name]) => name.toLowerCase() === "x-greeting")?.[1]).toBe('Hello, "you" PUT');
    } finally {
      await subject.stop();
    }
  }
});

it("what has no key of its own is told apart by its data, wherever it was written", async () => {
  const entry = join(temporaryFolder({ "gateway.yaml": gatewayFile }), "gateway.yaml");
  const { ir } = await checkGateway(entry);
  const [first, second] = ir!.operations.map(({ steps }) => steps.find(({ policy }) => policy === "greet")!.config);
  expect(first).toEqual(second);
  const node = (word: string, start: number) =>
    ({ kind: "emitted", by: "greeting", data: { word, origin: { file: "a", start } } }) as unknown as Parameters<
      typeof emittedKey
    >[0];
  expect(emittedKey(node("a", 1))).toBe(emittedKey(node("a", 2)));
  expect(emittedKey(node("a", 1))).not.toBe(emittedKey(node("b", 1)));
});

it("a table that lacks a row does not compile", () => {
  const rows = { expression: undefined as never, validator: undefined as never };
  // @ts-expect-error
  const printers: Printers = rows;
  // @ts-expect-error
  const made: typeof makers = rows;
  expect([printers, made]).toEqual([rows, rows]);
});
