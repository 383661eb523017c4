import { expect, onTestFinished, test } from "vitest";
import { built } from "../faults/gateway.ts";
import { Program } from "../harness/program.ts";
import { sampleEnvironment } from "../harness/sample-environment.ts";
import { RawClient } from "../runtime/support/raw-client.ts";
import { answerTo, bytesHandshake, bytesService, client, tunnelGateway } from "./support.ts";

async function start(upstream: string, ...args: string[]): Promise<{ readonly program: Program; readonly port: number }> {
  const out = await built({ "gateway.yaml": tunnelGateway("{ protocols: [bytes] }") });
  const program = new Program(`${out}/gateway.mjs`, args, { env: sampleEnvironment([upstream]), cwd: out });
  onTestFinished(async () => void (await program.stop("SIGKILL")));
  const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
  return { program, port: Number(port) };
}

test("a gateway that is told to stop lets connections go on, and ends them when its time is over", async () => {
  const upstream = await bytesService();
  const { program, port } = await start(upstream.url, "--drain-timeout", "5");
  const ours = client(port, bytesHandshake);
  const service = await upstream.next();
  await ours.has("101 Switching Protocols");
  const stopped = program.stop("SIGTERM");
  for (let round = 0; round < 5; round++) {
    ours.socket.write(`ping ${round}.`);
    await service.has(`ping ${round}.`);
    service.socket.write(`pong ${round}.`);
    await ours.has(`pong ${round}.`);
  }
  await Promise.all([ours.ended(), service.ended()]);
  const { code, stdout } = await stopped;
  expect(code).toBe(0);
  expect(JSON.parse(stdout.trim())).toMatchObject({ status: 101, outcome: "refused" });
});

test("one whose connections end before does not wait", async () => {
  const upstream = await bytesService();
  const { program, port } = await start(upstream.url, "--drain-timeout", "3600");
  const ours = client(port, bytesHandshake);
  const service = await upstream.next();
  await ours.has("101 Switching Protocols");
  const stopped = program.stop("SIGTERM");
  ours.socket.end();
  service.socket.end();
  expect((await stopped).code).toBe(0);
});

test("connections outlive the workers' replacement, and new ones go to the new workers", async () => {
  const upstream = await bytesService();
  const { program, port } = await start(upstream.url, "--workers", "2", "--drain-timeout", "3600");
  const ours = client(port, bytesHandshake);
  const service = await upstream.next();
  await ours.has("101 Switching Protocols");
  const kept = new RawClient(port);
  onTestFinished(() => kept.close());
  // Sent, not waited for: the primary goes on.
  void program.stop("SIGHUP");
  // A worker that was replaced says so on the connections that it has.
  for (let isOld = true; isOld; )
    isOld = (await kept.write("GET /plain HTTP/1.1\r\nHost: a\r\n\r\n").answer()).field("Connection") !== "close";
  ours.socket.write("after the swap");
  await service.has("after the swap");
  service.socket.write("heard");
  await ours.has("heard");
  expect((await answerTo(port, bytesHandshake)).status).toBe(101);
});
