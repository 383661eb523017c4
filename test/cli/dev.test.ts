import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { freePort } from "../harness/free-port.ts";
import { compiler, gatewright, Program } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { openapiYaml, project } from "./project.ts";

const key = "acme-key-for-tests-0123456789";

interface Running {
  readonly folder: string;
  readonly port: number;
  readonly program: Program;
}

async function startDev(
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = { ACME_KEY: key },
): Promise<Running> {
  const folder = temporaryFolder(files);
  const port = await freePort();
  const service = createServer((incoming, response) => {
    incoming.resume();
    response.end("from the service");
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  const { port: servicePort } = service.address() as AddressInfo;
  const program = new Program(compiler, ["dev"], {
    cwd: folder,
    env: { PORT: String(port), ORDERS_URL: `http://127.0.0.1:${servicePort}`, ...env },
  });
  onTestFinished(async () => {
    await program.stop();
    service.close();
    service.closeAllConnections();
  });
  return { folder, port, program };
}

interface Got {
  readonly status: number;
  readonly revision: string | undefined;
  readonly body: string;
}

function get(port: number, path: string, agent: Agent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, path, agent, headers: { "X-API-Key": key } }, (incoming) => {
      let body = "";
      incoming.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      incoming.on("error", reject);
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, revision: incoming.headers["x-revision"] as string | undefined, body }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

const revision = (number: number): string => `all: { headers: { response: { set: { X-Revision: "${number}" } } } }\n`;

describe("dev", () => {
  test("loses no request while 20 new gateways take over under load", async () => {
    const { folder, port, program } = await startDev({ ...project, "policies.yaml": revision(0) });
    await program.until(/serving on http/);
    const keepAlive = new Agent({ keepAlive: true, maxSockets: 4 });
    const single = new Agent({ keepAlive: false });
    const lost: string[] = [];
    let answered = 0;
    let isOver = false;
    const load = Array.from({ length: 8 }, async (_, client) => {
      while (!isOver) {
        try {
          const { status, body } = await get(port, "/orders", client % 2 === 0 ? keepAlive : single);
          if (status !== 200 || body !== "from the service") lost.push(`${status} ${body}`);
          answered += 1;
        } catch (error) {
          lost.push(String(error));
        }
      }
    });
    for (let number = 1; number <= 20; number += 1) {
      const from = program.printed();
      writeFileSync(join(folder, "policies.yaml"), revision(number));
      await program.until(/taken over/, "stdout", from);
      expect((await get(port, "/orders", single)).revision, "the old gateway serves no more").toBe(String(number));
    }
    isOver = true;
    await Promise.all(load);
    keepAlive.destroy();
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(20);
  });

  test("goes on with the gateway before where a change does not build, and says why", async () => {
    const { folder, port, program } = await startDev({ ...project, "policies.yaml": revision(1) });
    await program.until(/serving on http/);
    writeFileSync(join(folder, "policies.yaml"), "operations:\n  listOrdrs: { requestId: {} }\n");
    await program.until(/error\[link\/unknown-operation\]/, "stderr");
    await program.until(/the gateway goes on as it was/);
    expect(await get(port, "/orders", new Agent())).toMatchObject({ status: 200, revision: "1" });
    writeFileSync(join(folder, "policies.yaml"), revision(2));
    await program.until(/taken over/);
    expect(await get(port, "/orders", new Agent())).toMatchObject({ status: 200, revision: "2" });
  });

  test("leaves the gateway alone where a change is none of its code", async () => {
    const { folder, program } = await startDev({ ...project, "policies.yaml": revision(1) });
    await program.until(/serving on http/);
    writeFileSync(join(folder, "policies.yaml"), `# moved\n${revision(1)}`);
    await program.until(/built in \d+ ms: \d+ operations?, nothing changed/);
    writeFileSync(join(folder, "policies.yaml"), revision(2));
    await program.until(/taken over/);
  });

  test("says which routes came and went", async () => {
    const { folder, program } = await startDev(project);
    await program.until(/serving on http/);
    writeFileSync(join(folder, "openapi.yaml"), openapiYaml.replace("  /orders:", "  /purchases:"));
    await program.until(/ {2}\+ GET \/purchases\n {2}- GET \/orders\n/);
  });

  test("keeps the schemas of `schema --project` current, and makes none that nobody asked for", async () => {
    const { folder, program } = await startDev(project);
    await program.until(/serving on http/);
    const schema = join(folder, ".gatewright/schema/policies-orders-v1.schema.json");
    expect(existsSync(schema)).toBe(false);
    await gatewright(["schema", "--project"], { cwd: folder });
    expect(readFileSync(schema, "utf8")).toContain("listOrders");
    writeFileSync(join(folder, "openapi.yaml"), openapiYaml.replace("listOrders", "findOrders"));
    await program.until(/taken over/);
    expect(readFileSync(schema, "utf8")).toContain("findOrders");
  });

  test("names a secret that is missing and waits for a change", async () => {
    const { folder, port, program } = await startDev(project, {});
    await program.until(/ACME_KEY/, "stderr");
    await program.until(/not started; waiting for a change/);
    writeFileSync(
      join(folder, "gateway.yaml"),
      readFileSync(join(folder, "gateway.yaml"), "utf8").replace("env: ACME_KEY", "file: key.txt"),
    );
    writeFileSync(join(folder, "key.txt"), key);
    await program.until(/serving on http/);
    expect((await get(port, "/orders", new Agent())).status).toBe(200);
  });

  test("notices a file that was missing", async () => {
    const { "openapi.yaml": spec, ...rest } = project;
    const { folder, program } = await startDev(rest);
    await program.until(/not built; waiting for a change/);
    writeFileSync(join(folder, "openapi.yaml"), spec);
    await program.until(/serving on http/);
  });

  test("reads .env beside gateway.yaml, also when it comes or changes, and the environment counts before it", async () => {
    const { folder, port, program } = await startDev(project, {});
    await program.until(/not started; waiting for a change/);
    writeFileSync(join(folder, ".env"), `# keys\nACME_KEY="${key}" # of acme\nPORT=1\n`);
    await program.until(new RegExp(`serving on http://\\S+:${port}\\b`));
    expect((await get(port, "/orders", new Agent())).status).toBe(200);
    writeFileSync(join(folder, ".env"), "ACME_KEY=another-key-0123456789\n");
    await program.until(/taken over/);
    expect((await get(port, "/orders", new Agent())).status).toBe(401);
  });

  test("ends at once, whatever is in flight", async () => {
    const service = createServer(() => {});
    await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void service.close());
    const never = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
    const { port, program } = await startDev(project, { ACME_KEY: key, ORDERS_URL: never });
    await program.until(/serving on http/);
    const lost = get(port, "/orders", new Agent()).catch(() => "lost");
    await new Promise<void>((resolve) => service.once("request", () => resolve()));
    expect((await program.stop("SIGINT")).code).toBe(0);
    // A gateway that drained would have waited for its service.
    expect(await lost).toBe("lost");
  });

  test("ends with 0 on SIGTERM", async () => {
    const { program } = await startDev(project);
    await program.until(/serving on http/);
    expect((await program.stop("SIGTERM")).code).toBe(0);
  });
});
