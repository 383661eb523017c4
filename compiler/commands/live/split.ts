import { UsageError } from "../usage-error.ts";
import type { LiveAnswer, LiveClient } from "./client.ts";
import type { AdminDocument } from "./operation.ts";

/** What may be said to a roll-out, and what the admin listener calls it. */
const orders: Readonly<Record<string, string>> = {
  continue: "continue",
  pause: "pause",
  restart: "restart",
  "roll-back": "rollBack",
};

/**
 * `gatewright live split`: the experiments of a gateway; with a name, one of them; with shares (`next=5%,other=10%`), it changes
 * them, and with a word (`continue`), what becomes of its roll-out.
 */
export async function split(client: LiveClient, experiment: string | undefined, shares: string | undefined): Promise<LiveAnswer> {
  if (experiment === undefined) return experiments(client);
  const path = `/splits/${encodeURIComponent(experiment)}`;
  if (shares === undefined) return client.ask({ method: "GET", path });
  if (Object.hasOwn(orders, shares)) return order(client, path, experiment, orders[shares]!);
  return client.ask({ method: "PUT", path, body: JSON.stringify(Object.fromEntries(shares.split(",").map(shareOf))) });
}

async function order(client: LiveClient, path: string, experiment: string, wanted: string): Promise<LiveAnswer> {
  const answer = await client.ask({ method: "POST", path: `${path}/roll-out`, body: JSON.stringify({ do: wanted }) });
  if (answer.status !== 404) return answer;
  const found = await client.ask({ method: "GET", path });
  if (found.status !== 200) return answer;
  throw new UsageError(`\`${experiment}\` has no \`steps\`, so that nothing is rolled out. \`SERVICE=5%\` changes its shares.`);
}

function shareOf(text: string): readonly [arm: string, share: string] {
  const [arm = "", share = "", ...others] = text.split("=");
  if (arm === "" || !/^\d{1,3}(\.\d{1,4})?%$/.test(share) || others.length > 0)
    throw new UsageError(
      `\`${text}\` is not a share. Write \`gatewright live split EXPERIMENT SERVICE=5%\`, or one of ${Object.keys(orders).join(", ")} for a roll-out.`,
    );
  return [arm, share];
}

const prefix = "/splits/";

async function experiments(client: LiveClient): Promise<LiveAnswer> {
  const document = await client.ask({ method: "GET", path: "/openapi.json" });
  if (document.status !== 200) return document;
  const { paths } = JSON.parse(document.text) as Pick<AdminDocument, "paths">;
  const names = Object.keys(paths).flatMap((path) =>
    path.startsWith(prefix) && !path.includes("/", prefix.length) ? [path.slice(prefix.length)] : [],
  );
  const answers = await Promise.all(names.map((name) => client.ask({ method: "GET", path: prefix + name })));
  const failed = answers.find(({ status }) => status !== 200);
  return failed ?? { ...document, text: JSON.stringify(answers.map(({ text }) => JSON.parse(text) as unknown)) };
}
