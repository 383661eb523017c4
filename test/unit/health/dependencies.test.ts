import { describe, expect, it } from "vitest";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { type Dependency, readDependencies } from "../../../runtime/upstream/health/dependencies.ts";

function read(body: unknown, type = "application/json"): readonly Dependency[] | undefined {
  const headers = new HeaderList(["Content-Type", type]);
  return readDependencies({
    head: { status: 200, minor: 1, headers, contentLength: -1, isChunked: false, connection: 0, hasLocation: false },
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
    trailers: undefined,
  });
}

describe("what a service says of its dependencies", () => {
  it.each<[string, unknown, Readonly<Record<string, string>>]>([
    [
      "draft-inadarei-api-health-check-06 §4: several checks of one component, of which the worst counts",
      {
        status: "warn",
        checks: {
          "cassandra:responseTime": [
            { componentId: "a", status: "pass" },
            { componentId: "b", status: "warn", output: "" },
          ],
          "cassandra:connections": [{ componentId: "a", observedValue: 75 }],
          uptime: [{ status: "pass" }],
        },
      },
      { "cassandra:responseTime": "warn", uptime: "pass" },
    ],
    [
      "Spring Boot Actuator: components, nested ones among them, and details that are no components",
      {
        status: "DOWN",
        components: {
          db: {
            status: "UP",
            components: { primary: { status: "UP", details: { database: "H2" } }, replica: { status: "DOWN" } },
          },
          broker: { status: "OUT_OF_SERVICE" },
          disk: { status: "UNKNOWN" },
        },
      },
      { db: "pass", "db/primary": "pass", "db/replica": "fail", broker: "fail", disk: "UNKNOWN" },
    ],
    [
      "ASP.NET Core",
      {
        status: "Degraded",
        entries: { sql: { status: "Healthy", data: {} }, redis: { status: "Degraded" }, bus: { status: "Unhealthy" } },
      },
      { sql: "pass", redis: "warn", bus: "fail" },
    ],
    [
      "MicroProfile Health",
      {
        status: "UP",
        checks: [
          { name: "db", status: "UP" },
          { name: "bus", status: "DOWN", data: {} },
        ],
      },
      { db: "pass", bus: "fail" },
    ],
    ["names with a word each, others left out", { dependencies: { db: "ok", version: "1.2.3" } }, { db: "pass" }],
  ])("%s", (_, body, expected) => {
    expect(Object.fromEntries(read(body)!.map(({ name, state }) => [name, state]))).toEqual(expected);
  });

  it.each<[string, unknown, string?]>([
    ["text", "OK", "text/plain"],
    ["JSON of another type", '{"checks":{"db":{"status":"up"}}}', "text/plain"],
    ["JSON that was cut off", '{"checks":{"db":{"status":"up"}'],
    ["JSON without any", { status: "UP" }],
    ["JSON that is no object", [1, null, "up"]],
    ["lists of something else", { checks: [null, 1, { name: 3, status: "up" }, { name: "a", status: {} }], components: "db" }],
  ])("is nothing in %s", (_, body, type) => {
    expect(read(body, type)).toBeUndefined();
  });

  it("is never trusted: control characters, bidirectional text, size, number, depth, names of prototypes", () => {
    const nest = (left: number): object => ({ status: "up", components: left === 0 ? {} : { a: nest(left - 1) } });
    expect(read(nest(50))).toHaveLength(3);
    expect(read(`{"components":${"[".repeat(30_000)}${"]".repeat(30_000)}}`)).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`d${index}`, { status: "up" }]));
    expect(read({ components: many })).toHaveLength(20);
    const [first, second, third] = read(
      `{"components":{"a\\u001b[31m\\u202eb\\n\\ud800":{"status":"${"x".repeat(50_000)}"},"${"n".repeat(10_000)}":{"status":"a\\u0007b"},"__proto__":{"status":"constructor"}}}`,
    )!;
    expect(first).toEqual({ name: "a?[31m?b??", state: "x".repeat(16) });
    expect(second).toEqual({ name: "n".repeat(64), state: "a?b" });
    expect(third).toEqual({ name: "__proto__", state: "constructor" });
    expect(Object.hasOwn(Object.prototype, "status")).toBe(false);
  });
});
