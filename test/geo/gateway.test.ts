import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { compileProject } from "../harness/compile-project.ts";
import { mmdb } from "../harness/mmdb.ts";
import { Program } from "../harness/program.ts";
import { buildForTest, type RunningGateway, startGateway } from "../harness/running-gateway.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { type EchoUpstream, echoUpstream } from "../listeners/support/echo-upstream.ts";

const country = (code: string) => ({ country: { iso_code: code } });
const network = (asn: number, name: string) => ({ autonomous_system_number: asn, autonomous_system_organization: name });

const geo = "geo: { country: { file: country.mmdb }, as: { file: as.mmdb } }\n";
/** A client of the test may say where it comes from. */
const gateway = (policies: string, head = geo): string => `gateway: where
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}", trustedProxies: [127.0.0.1] } }
${head}routes:
  all:
    match: { path: "/**" }
    service: backend
    policies: { public: test, ${policies} }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
`;
const policies = [
  `authorize: { require: "!has(peer.country) || peer.country != 'KP'" }`,
  `headers: { request: { set: { X-Where: { expression: "has(peer.country) ? peer.country : 'unknown'" }, X-Network: { expression: "has(peer.asn) && peer.asn > 0 ? (has(peer.asOrganization) ? peer.asOrganization : string(peer.asn)) : 'none'" } } } }`,
  `rateLimit: { limit: 2/h, by: { expression: "has(peer.country) ? peer.country : 'unknown'" }, when: "has(peer.asn) && peer.asn == 64496" }`,
].join(", ");

let upstream: EchoUpstream;
let folder: string;
let out: string;
let dispose: () => void;

beforeAll(async () => {
  upstream = await echoUpstream({
    "/": ({ headers }, response) => void response.end(`${String(headers["x-where"])} ${String(headers["x-network"])}`),
  });
  folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(join(folder, "gateway.yaml"), gateway(policies));
  const built = await buildForTest(join(folder, "gateway.yaml"));
  expect(built.diagnostics).toEqual([]);
  ({ out, dispose } = built);
  write();
});
afterAll(async () => {
  dispose();
  rmSync(folder, { recursive: true });
  await upstream.close();
});

/** As update programs do: whole, under another name, then moved. */
function write(german = "DE"): void {
  const databases = {
    country: mmdb({ "192.0.2.0/24": country(german), "198.51.100.0/24": country("KP"), "2001:db8::/32": country("CH") }),
    as: mmdb({ "192.0.2.0/24": network(64_496, "Example Net"), "203.0.113.0/24": { autonomous_system_number: 64_497 } }),
  };
  for (const [name, bytes] of Object.entries(databases)) {
    writeFileSync(join(out, `${name}.new`), bytes);
    renameSync(join(out, `${name}.new`), join(out, `${name}.mmdb`));
  }
}

async function ask(port: number, ip: string): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-forwarded-for": ip, connection: "close" } });
  const text = await answer.text();
  return answer.status === 200 ? text : String(answer.status);
}

describe("a gateway with databases of addresses", () => {
  let running: RunningGateway;
  beforeAll(async () => {
    running = await startGateway(out, sampleEnvironment([upstream.url]));
  });
  afterAll(() => running.stop());

  it("decides by country, tells services of it, and limits by it", async () => {
    expect(await ask(running.port, "198.51.100.1")).toBe("403");
    expect(await ask(running.port, "2001:db8::7")).toBe("CH none");
    expect(await ask(running.port, "::ffff:203.0.113.1")).toBe("unknown 64497");
    expect(await ask(running.port, "10.0.0.1")).toBe("unknown none");
    const limited = ["192.0.2.1", "192.0.2.2", "192.0.2.3"];
    const answers: string[] = [];
    for (const ip of limited) answers.push(await ask(running.port, ip));
    expect(answers).toEqual(["DE Example Net", "DE Example Net", "429"]);
  });
});

it("four workers follow a file that is replaced", async () => {
  write();
  const program = new Program(join(out, "gateway.mjs"), ["--workers", "4"], { env: sampleEnvironment([upstream.url]), cwd: out });
  try {
    const [line] = await program.until(/gatewright: where listens on .*, 4 workers\n/, "stderr");
    const port = Number(/:(\d+)/.exec(line)![1]);
    // Each request comes on a connection of its own, so that all workers get some. IPv6 is in no network and not limited.
    const answers = async (): Promise<string[]> => [
      ...new Set(await Promise.all(Array.from({ length: 40 }, () => ask(port, "198.51.100.9")))),
    ];
    expect(await answers()).toEqual(["403"]);
    writeFileSync(join(out, "country.new"), mmdb({ "198.51.100.0/24": country("FR") }));
    renameSync(join(out, "country.new"), join(out, "country.mmdb"));
    await vi.waitFor(async () => expect(await answers()).toEqual(["FR none"]), { timeout: 60_000, interval: 50 });
  } finally {
    await program.stop("SIGKILL");
    write();
  }
});

it("a split goes by where clients are: all of a country, or a share of the users there and of nobody else", async () => {
  const next = await echoUpstream({ "/": (_, response) => void response.end("next") });
  const known = (code: string): string => `has(peer.country) && peer.country == '${code}'`;
  const splits = [
    `{ name: swiss, to: { next: { share: 0%, always: "${known("CH")}" } }, responseField: X-Swiss }`,
    `{ name: german, to: { next: 100% }, when: "${known("DE")}", sticky: peer.ip, responseField: X-German }`,
  ];
  const text = gateway(`split: [${splits.join(", ")}]`, "geo: { country: { file: country.mmdb } }\n").replace(
    "services: {",
    `services: { next: { endpoints: ["${next.url}"] },`,
  );
  const built = await buildForTest(join(temporaryFolder({ "gateway.yaml": text }), "gateway.yaml"));
  expect(built.diagnostics).toEqual([]);
  const running = await startGateway(built.out, sampleEnvironment([upstream.url]), { cwd: out });
  try {
    expect(await ask(running.port, "2001:db8::7")).toBe("next");
    expect(await ask(running.port, "192.0.2.7")).toBe("next");
    for (const elsewhere of ["198.51.100.1", "10.0.0.1"]) expect(await ask(running.port, elsewhere)).not.toBe("next");
    const answer = await fetch(`http://127.0.0.1:${running.port}/`, { headers: { "x-forwarded-for": "198.51.100.1" } });
    // Who is elsewhere is no part of the German one; without `sticky`, everybody is part of the Swiss one.
    expect([answer.headers.get("x-swiss"), answer.headers.get("x-german")]).toEqual(["swiss=backend", null]);
  } finally {
    await running.stop();
    built.dispose();
    await next.close();
  }
});

it("a gateway without its database does not start, and says what to do", async () => {
  const elsewhere = temporaryFolder();
  await expect(startGateway(out, sampleEnvironment([upstream.url]), { cwd: elsewhere })).rejects.toThrow(
    /gateway\.yaml:4: file country\.mmdb cannot be read: it does not exist\..*get a current one in MaxMind DB format/s,
  );
});

describe("the compiler", () => {
  const check = async (text: string) => (await compileProject(new Map([["gateway.yaml", text]]))).diagnostics;
  const require = (expression: string): string => `authorize: { require: "${expression}" }`;

  it.each([
    [
      "peer.country == 'DE'",
      "",
      "There is no `peer.country` here. It needs a database of addresses: `geo: { country: { file: … } }`",
    ],
    [
      "has(peer.asn)",
      "geo: { country: { file: a.mmdb } }\n",
      "There is no `peer.asn` here. It needs a database of addresses: `geo: { as: { file: … } }`",
    ],
    ["has(peer.country) && peer.country == 7", geo, "peer.country"],
    ["has(peer.asn) && peer.asn == 'AS64496'", geo, "peer.asn"],
  ])("refuses %j", async (expression, head, message) => {
    const errors = (await check(gateway(require(expression), head))).filter(({ severity }) => severity === "error");
    expect(errors.map((one) => one.message).join("\n")).toContain(message);
  });

  it("warns where nobody asked whether the address is known, and of a database that nobody asks", async () => {
    const found = await check(gateway(require("peer.country == 'DE'")));
    expect(found.map(({ severity, code }) => [severity, code])).toEqual(
      expect.arrayContaining([
        ["warning", "expressions/may-be-absent"],
        ["warning", "check/unused-geo"],
      ]),
    );
    expect(found).toHaveLength(2);
  });

  it("takes that the country is known for no proof that the network is", async () => {
    const warned = await check(gateway(require("has(peer.country) && peer.asn == 7")));
    expect(warned.map(({ code }) => code)).toContain("expressions/may-be-absent");
    // No more is it always true that one of both is there or the other is not.
    const undecided = await check(gateway(require("has(peer.country) || !has(peer.asn)")));
    expect(undecided).toEqual([]);
  });

  it("links the library where an expression asks, and nowhere else", async () => {
    const bundle = async (text: string): Promise<string> => {
      const project = temporaryFolder({ "gateway.yaml": text });
      const built = await buildForTest(join(project, "gateway.yaml"));
      const code = readFileSync(join(built.out, "gateway.mjs"), "utf8");
      built.dispose();
      return code;
    };
    const parts = (code: string) =>
      ["MaxMind.com", "search tree", "binary_format_major_version"].map((mark) => code.includes(mark));
    expect(parts(await bundle(gateway(require("peer.ip != ''"), "")))).toEqual([false, false, false]);
    expect(parts(await bundle(gateway(require("peer.ip != ''"))))).toEqual([false, false, false]);
    expect((await bundle(gateway(policies))).includes("binary_format_major_version")).toBe(true);
  });
});
