import type { AdminAnswer, AdminRoute } from "../../admin/route.ts";
import { shownValue } from "../../life/shown-value.ts";
import { type Failed, isFailed } from "../../stores/store.ts";
import { longestTag, longestUri, type Purge, purgedPrefix, purgedUri } from "./purge.ts";

/** Most names of one request, all together. */
const mostNames = 256;

const names = (maxLength: number, description: string) =>
  ({
    type: "array",
    minItems: 1,
    maxItems: mostNames,
    description,
    items: { type: "string", minLength: 1, maxLength },
  }) as const;

/** How kept answers are purged through the admin listener. `from`: who does it; `apply`: does it, or says why it could not. */
export function purgeRoutes(
  from: "one" | "all",
  apply: (purges: readonly Purge[]) => Promise<Failed | undefined>,
): readonly AdminRoute[] {
  return [
    {
      method: "POST",
      path: "/cache/purge",
      describe: {
        operationId: "purgeCache",
        summary: "Purges kept answers: by URL, prefix of the path, tag or caller, or all of them",
        requestBody: {
          required: true,
          content: {
            "application/json": {
              schema: {
                type: "object",
                additionalProperties: false,
                properties: {
                  urls: names(longestUri, "URLs, or paths of every host, as clients ask for them: with their query"),
                  prefixes: names(longestUri, "All at and below such a path or URL"),
                  tags: names(longestTag, "Answers with one of these tags"),
                  subjects: names(1_024, "What is kept for these callers alone"),
                  all: { type: "boolean", description: "Everything" },
                  soft: { type: "boolean", description: "What is kept becomes stale, and is gone otherwise" },
                },
              },
            },
          },
        },
        responses: {
          "200": { description: "Done" },
          "400": { description: "It does not say what to purge" },
          "503": { description: "The store does not answer, and not all of it was purged" },
        },
      },
      from,
      async answer({ body }) {
        const purges = purgesIn(body as PurgeRequest);
        if (typeof purges === "string") return { status: 400, json: { title: purges } };
        const failure = await apply(purges);
        if (isFailed(failure)) return { status: 503, json: { title: `Not all of it was purged: ${failure.failed}. Ask again.` } };
        return { status: 200, json: { purged: purges.length } };
      },
      ...(from === "all" ? { merge: merged } : {}),
    },
  ];
}

interface PurgeRequest {
  readonly urls?: readonly string[];
  readonly prefixes?: readonly string[];
  readonly tags?: readonly string[];
  readonly subjects?: readonly string[];
  readonly all?: boolean;
  readonly soft?: boolean;
}

/** Or why there are none. */
function purgesIn({
  urls = [],
  prefixes = [],
  tags = [],
  subjects = [],
  all = false,
  soft = false,
}: PurgeRequest): readonly Purge[] | string {
  const purges: Purge[] = all ? [{ kind: "all", name: "", isSoft: soft }] : [];
  for (const [index, url] of urls.entries()) {
    const name = purgedUri(url);
    if (name === undefined) return `\`urls[${index}]\` is neither a URL nor a path that begins with a slash: ${shownValue(url)}.`;
    purges.push({ kind: "uri", name, isSoft: soft });
  }
  for (const [index, prefix] of prefixes.entries()) {
    const name = purgedPrefix(prefix);
    if (name === undefined)
      return `\`prefixes[${index}]\` is neither a URL without query nor a path that begins with a slash: ${shownValue(prefix)}.`;
    // That of every host.
    if (name === "") return "The prefix `/` is everything: write `all`.";
    purges.push({ kind: "prefix", name, isSoft: soft });
  }
  for (const name of tags) purges.push({ kind: "tag", name, isSoft: soft });
  for (const name of subjects) purges.push({ kind: "subject", name, isSoft: soft });
  if (purges.length === 0) return "Nothing to purge was named: write `urls`, `prefixes`, `tags`, `subjects` or `all`.";
  if (all && purges.length > 1) return "`all` is everything, and stands alone.";
  if (purges.length > mostNames) return `More than ${mostNames} names in one request.`;
  return purges;
}

/** Of all workers. One that does not answer in time gets what it was asked all the same, ahead of the next request. */
const merged = (answers: readonly AdminAnswer[]): AdminAnswer => answers.find(({ status }) => status !== 200) ?? answers[0]!;
