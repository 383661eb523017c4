import { UsageError } from "../usage-error.ts";
import type { LiveAnswer, LiveClient } from "./client.ts";

export interface PurgeOptions {
  readonly soft?: unknown;
  readonly yes?: unknown;
}

/** Words of the command line, and the members of a request to purge. */
const kinds = { url: "urls", prefix: "prefixes", tag: "tags", subject: "subjects" } as const;

/** `gatewright live purge`: `tag books`, `url /v1/products/7`, or `all --yes`. */
export async function purge(
  client: LiveClient,
  kind: string | undefined,
  name: string | undefined,
  { soft, yes }: PurgeOptions,
): Promise<LiveAnswer> {
  const how = soft === true ? { soft: true } : {};
  return client.ask({
    method: "POST",
    path: "/cache/purge",
    body: JSON.stringify({ ...named(kind, name, yes === true), ...how }),
  });
}

function named(kind: string | undefined, name: string | undefined, isMeant: boolean): object {
  if (kind === "all") {
    if (name !== undefined) throw new UsageError(`\`${name}\` is too much: \`live purge all\` is about everything.`);
    if (!isMeant)
      throw new UsageError(
        "`live purge all` purges everything that is kept, and the services are asked for all of it again. Add `--yes` if you mean it; with `--soft`, stale answers are served meanwhile.",
      );
    return { all: true };
  }
  if (isMeant) throw new UsageError("`--yes` is for `gatewright live purge all`.");
  if (kind === undefined || name === undefined || !Object.hasOwn(kinds, kind))
    throw new UsageError(
      "Write `gatewright live purge KIND NAME`, with url, prefix, tag or subject as KIND, or `live purge all`.",
    );
  // Checked above.
  return { [kinds[kind as keyof typeof kinds]]: [name] };
}
