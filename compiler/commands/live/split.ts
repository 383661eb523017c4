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
 * them, and with a word (`continue`), what becomes of its roll-out; with a region, what becomes of it there.
 */
export async function split(
  client: LiveClient,
  experiment: string | undefined,
  shares: string | undefined,
  region: string | undefined,
): Promise<LiveAnswer> {
  if (region !== undefined && (experiment === undefined || shares === undefined))
    throw new UsageError(
      "`--region` says where: write `gatewright live split EXPERIMENT 10%|roll-back|restart --region REGION`.",
    );
  if (experiment === undefined) return experiments(client);
  const path = `/splits/${encodeURIComponent(experiment)}`;
  if (region !== undefined) return orderIn(client, path, experiment, region, shares!);
  if (shares === undefined) return client.ask({ method: "GET", path });
  if (Object.hasOwn(orders, shares)) return order(client, path, experiment, orders[shares]!);
  return client.ask({ method: "PUT", path, body: JSON.stringify(Object.fromEntries(shares.split(",").map(shareOf))) });
}

/** In one region: a share, or a word that may be about one. */
function orderIn(client: LiveClient, path: string, experiment: string, region: string, wanted: string): Promise<LiveAnswer> {
  if (isShare.test(wanted)) return order(client, path, experiment, "set", { region, share: wanted });
  if (wanted !== "roll-back" && wanted !== "restart")
    throw new UsageError(
      `\`${wanted}\` is nothing that one region does. Write a share (\`10%\`), \`roll-back\` or \`restart\` with \`--region\`.`,
    );
  return order(client, path, experiment, orders[wanted]!, { region });
}

const isShare = /^(?:100(?:\.0{1,4})?|\d{1,2}(?:\.\d{1,4})?)%$/;

async function order(
  client: LiveClient,
  path: string,
  experiment: string,
  wanted: string,
  more: { readonly region?: string; readonly share?: string } = {},
): Promise<LiveAnswer> {
  const answer = await client.ask({ method: "POST", path: `${path}/roll-out`, body: JSON.stringify({ do: wanted, ...more }) });
  if (answer.status !== 404) return answer;
  const found = await client.ask({ method: "GET", path });
  if (found.status !== 200) return answer;
  throw new UsageError(`\`${experiment}\` has no \`steps\`, so that nothing is rolled out. \`SERVICE=5%\` changes its shares.`);
}

function shareOf(text: string): readonly [arm: string, share: string] {
  const [arm = "", share = "", ...others] = text.split("=");
  if (arm === "" || !isShare.test(share) || others.length > 0)
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
