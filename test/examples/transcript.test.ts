import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { component } from "../harness/component.ts";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";

const key = "acme-key-for-tests-0123456789";
const readme = readFileSync(join(repository, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```\n((?:\$ .*\n)?HTTP\/1\.1 [^]*?)^```$/gm)].map((match) => match[1]!.trim());

/** What differs from one call to the next. */
const masked = (text: string): string =>
  text
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, "<id>")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<instant>")
    .replaceAll(/^Date: .*$/gm, "Date: <date>")
    // Seconds that pass while the test runs.
    .replaceAll(/;t=\d+/g, ";t=<seconds>");

/** An answer as the README shows it: fields that `…` stands for are left out on both sides. Their order means nothing. */
function comparable(head: readonly string[], body: string, shown: readonly string[]) {
  const isPart = shown.includes("…");
  const lines = head.filter((line) => !isPart || shown.includes(line)).map(masked);
  return { start: lines[0], fields: lines.slice(1).sort(), body: masked(body) };
}

/** The order that the README shows, with the same options of curl. */
async function order(port: number, content: string) {
  const { stdout } = await promisify(execFile)(await component("curl"), [
    ...["-s", "-i", `localhost:${port}/v2/orders`],
    ...["-H", `X-API-Key: ${key}`, "-H", "Content-Type: application/json", "-d", content],
  ]);
  const [head = "", body = ""] = stdout.split("\r\n\r\n");
  const lines = head.split("\r\n");
  return { status: Number(lines[0]!.split(" ")[1]), head: lines, body: body.trim() };
}

/** Does something while clients take all that the limit lets through. */
async function whileOthersAsk<T>(port: number, content: string, work: () => Promise<T>): Promise<T> {
  let isOver = false;
  const headers = { "X-API-Key": key, "Content-Type": "application/json" };
  const client = async (): Promise<void> => {
    while (!isOver) await (await fetch(`http://localhost:${port}/v2/orders`, { method: "POST", headers, body: content })).text();
  };
  const clients = Promise.all([client(), client(), client(), client()]);
  try {
    return await work();
  } finally {
    isOver = true;
    await clients;
  }
}

test("what the README shows of curl is what curl shows", async () => {
  const shop = new Program(join(repository, "examples/shop/start.mjs"), [], {
    env: { PORT: "0", ADMIN_PORT: "0", ACME_KEY: key },
  });
  onTestFinished(async () => void (await shop.stop()));
  const port = Number((await shop.until(/^gateway +http:\/\/localhost:(\d+)$/m))[1]);
  const content = /-d '([^']*)'/.exec(blocks[0]!)![1]!;
  const asked: Readonly<Record<string, string>> = { "201": content, "403": content.replace(/\d+/, "200"), "429": content };
  const statuses: string[] = [];
  for (const block of blocks) {
    const [head = "", body = ""] = block.replace(/^\$.*\n/, "").split("\n\n");
    const shown = head.split("\n");
    const status = shown[0]!.split(" ")[1]!;
    statuses.push(status);
    const ask = async (): Promise<Awaited<ReturnType<typeof order>>> => {
      let answer = await order(port, asked[status]!);
      for (let more = 0; String(answer.status) !== status && more < 50; more++) answer = await order(port, asked[status]!);
      return answer;
    };
    // What the limit gives back in a second is taken before curl has started.
    const answer = status === "429" ? await whileOthersAsk(port, content, ask) : await ask();
    expect(comparable(answer.head, answer.body, shown)).toEqual(
      comparable(
        shown.filter((line) => line !== "…"),
        body,
        shown,
      ),
    );
  }
  expect(statuses).toEqual(["201", "403", "429"]);
});
