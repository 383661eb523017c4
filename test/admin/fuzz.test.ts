import { expect, test } from "vitest";
import type { AdminSchema } from "../../runtime/admin/check-value.ts";
import { Random } from "../fuzz/random.ts";
import { using } from "../runtime/support/gateway.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { administered, asking, bearer, json, key, logLines, withKey } from "./support.ts";

/** The parts of the admin document that requests are made from. */
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>;
}

interface Described {
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: AdminSchema;
  }[];
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: AdminSchema } } };
}

interface Made {
  readonly method: string;
  readonly target: string;
  readonly body: string | undefined;
}

const rounds = 40;
const strange = [
  "",
  "%",
  "%00",
  "%ff",
  "..",
  "%2e%2e",
  "é",
  "null",
  "-0",
  "1e400",
  "9".repeat(400),
  "a%20b",
  "'\"<>",
  "[]",
  "{}",
  "__proto__",
];

/** A value that the schema allows, or with `isBent` one that it may not allow. */
function valueOf(schema: AdminSchema, random: Random, isBent: boolean): unknown {
  if (isBent && random.oneIn(3))
    return random.pick<unknown>([
      null,
      "",
      -1,
      1e308,
      [],
      {},
      true,
      "x".repeat(3000),
      [[[[]]]],
      { constructor: 1 },
      "\u0000\ud800",
    ]);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return random.pick(schema.enum);
  const { minimum = 0, maximum = 1_000, minLength = 0, maxLength = 12, minItems = 0, maxItems = 4 } = schema;
  switch (schema.type) {
    case "integer":
    case "number":
      return minimum + random.below(maximum - minimum + 1);
    case "boolean":
      return random.oneIn(2);
    case "array":
      return Array.from({ length: minItems + random.below(maxItems - minItems + 1) }, () =>
        valueOf(schema.items ?? {}, random, isBent),
      );
    case "object":
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).flatMap(([name, inner]) =>
          schema.required?.includes(name) === true || random.oneIn(2) ? [[name, valueOf(inner, random, isBent)]] : [],
        ),
      );
    default:
      return "abcdefghijkl".slice(0, minLength + random.below(maxLength - minLength + 1));
  }
}

const percentEncoded = (text: string): string =>
  Array.from(Buffer.from(text), (byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");

function requestFor(
  path: string,
  method: string,
  { parameters = [], requestBody }: Described,
  random: Random,
  isBent: boolean,
): Made {
  const textOf = (schema: AdminSchema): string =>
    isBent && random.oneIn(2) ? random.pick(strange) : percentEncoded(String(valueOf(schema, random, isBent)));
  const inPath = path.replaceAll(/\{([^}]*)\}/g, (_whole, name: string) =>
    textOf(parameters.find((one) => one.name === name)!.schema),
  );
  const query = parameters
    .filter((one) => one.in === "query" && (one.required === true || random.oneIn(2)))
    .map(({ name, schema }) => `${name}=${textOf(schema)}`);
  if (isBent && random.oneIn(4)) query.push(`${random.pick(strange)}=1`);
  const schema = requestBody?.content["application/json"].schema;
  const body = schema === undefined ? undefined : JSON.stringify(valueOf(schema, random, isBent));
  return {
    method: method.toUpperCase(),
    target: `${inPath}${query.length === 0 ? "" : `?${query.join("&")}`}`,
    body: body !== undefined && isBent && random.oneIn(4) ? body.slice(0, random.below(body.length)) : body,
  };
}

async function operationsAt(adminPort: number): Promise<(readonly [string, string, Described])[]> {
  const { paths } = JSON.parse((await asking(adminPort, "GET /openapi.json", [bearer])).body) as Document;
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => [path, method, described] as const),
  );
}

const send = (port: number, { method, target, body }: Made, fields: readonly string[]) =>
  asking(port, `${method} ${target}`, body === undefined ? fields : [json, ...fields], body);

test("requests made from the document are answered as it says, and bent ones with a refusal: never a failure, never silence", async () => {
  logLines();
  const random = new Random(1_128);
  await using(administered({ ...withKey, reads: "credentials" }), async ({ adminPort }) => {
    const operations = await operationsAt(adminPort!);
    const bentStatuses = new Set<number>();
    for (const [path, method, described] of operations) {
      for (let round = 0; round < rounds; round++) {
        const fine = requestFor(path, method, described, random, false);
        const { status } = await send(adminPort!, fine, [bearer]);
        expect(status, JSON.stringify(fine)).toBe(200);
        const bent = requestFor(path, method, described, random, true);
        const answer = await send(adminPort!, bent, [bearer]);
        expect([200, 400, 404, 405, 415], JSON.stringify(bent)).toContain(answer.status);
        bentStatuses.add(answer.status);
      }
    }
    // Positive control: some were really bent.
    expect(bentStatuses).toContain(400);
    expect(bentStatuses).toContain(200);
  });
});

const withoutCredential: readonly (readonly string[])[] = [
  [],
  ["Authorization:"],
  ["Authorization: Bearer"],
  ["Authorization: Bearer wrong-key-0123456789"],
  [`Authorization: ${key}`],
  [`Authorization: bearer${key}`],
  [`Authorization: Bearer ${key}\u00a0`],
  [`Authorization: Bearer\t${key}`],
  [`Authorization: Basic ${Buffer.from(`:${key}`).toString("base64")}`],
  [`Authorization: Bearer ${key.toUpperCase()}`],
  [bearer, "Authorization: Bearer wrong-key-0123456789"],
  [`X-Authorization: Bearer ${key}`],
  [`Proxy-Authorization: Bearer ${key}`],
  [`Cookie: key=${key}`],
  ["X-HTTP-Method-Override: PUT"],
  ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"],
];

test("an unauthenticated write is refused in every form, and changes nothing", async () => {
  const random = new Random(1_129);
  let changes = 0;
  const lines = logLines();
  const counted = administered(withKey).adminRoutes!.map((route) => ({
    ...route,
    answer: (...args: Parameters<typeof route.answer>) => {
      if (route.method !== "GET") changes++;
      return route.answer(...args);
    },
  }));
  await using(administered(withKey, { adminRoutes: counted }), async ({ adminPort }) => {
    const writes = (await operationsAt(adminPort!)).filter(([, method]) => method !== "get");
    expect(writes.length).toBe(3);
    for (const [path, method, described] of writes) {
      for (const fields of withoutCredential) {
        for (const isBent of [false, true]) {
          const made = requestFor(path, method, described, random, isBent);
          const { status } = await send(adminPort!, made, fields);
          // A path that is bent may be none that there is.
          expect([400, 401, ...(isBent ? [404, 405] : [])], JSON.stringify([made, fields])).toContain(status);
          expect(status === 400 && !isBent, JSON.stringify([made, fields])).toBe(false);
        }
      }
    }
    // Positive control: with the key, the same route is called.
    const [path, method, described] = writes[0]!;
    expect(changes).toBe(0);
    expect(lines.join("\n")).not.toContain("admin change");
    expect((await send(adminPort!, requestFor(path, method, described, random, false), [bearer])).status).toBe(200);
    expect(lines.join("\n")).toContain("admin change");
  });
});

test("what is no HTTP, or comes in pieces, does not stop the listener", async () => {
  const random = new Random(1_130);
  await using(administered(withKey), async ({ adminPort }) => {
    const whole = Buffer.from(
      `PUT /log-level HTTP/1.1\r\nHost: localhost\r\n${bearer}\r\n${json}\r\nContent-Length: 17\r\n\r\n{"level":"error"}`,
    );
    for (let round = 0; round < rounds; round++) {
      const client = new RawClient(adminPort!);
      client.write(random.bytes(1 + random.below(200)));
      client.write(whole.subarray(0, random.below(whole.length)));
      client.close();
    }
    expect((await asking(adminPort!, "GET /healthz")).status).toBe(200);
  });
});
