import type { Answer, Sent } from "./exchange.ts";
import { CallFailure, shownUrl } from "./failure.ts";

const statuses = [301, 302, 303, 307, 308];

/** Fields that are for the host they were written for, and for no other. */
const credentials = ["authorization", "cookie", "proxy-authorization"];

/**
 * The request that an answer asks for (RFC 9110 §15.4); undefined where it asks for none.
 *
 * @param left how many may still be followed
 */
export function redirected(sent: Sent, answer: Answer, left: number): Sent | undefined {
  const { location } = answer.headers;
  if (!statuses.includes(answer.status) || location === undefined) return undefined;
  const from = shownUrl(sent.url);
  const url = URL.canParse(location, sent.url.href) ? new URL(location, sent.url) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== "" || url.password !== "")
    throw new CallFailure("redirect", `${from} sends on to a place that cannot be called`);
  if (left === 0)
    throw new CallFailure(
      "redirect",
      `${from} sends on to ${shownUrl(url)}, which is not followed. Write the URL at which the answer is`,
    );
  if (sent.url.protocol === "https:" && url.protocol === "http:")
    throw new CallFailure("redirect", `${from} sends on to ${shownUrl(url)}, which is not secure, and is not followed`);
  const becomesGet = answer.status === 303 ? sent.method !== "HEAD" : answer.status <= 302 && sent.method === "POST";
  const isElsewhere = url.origin !== sent.url.origin;
  const kept = Object.entries(sent.headers).filter(
    ([name]) => !(isElsewhere && credentials.includes(name)) && !(becomesGet && name.startsWith("content-")),
  );
  const headers = Object.fromEntries(kept);
  return becomesGet ? { url, method: "GET", headers, body: undefined } : { ...sent, url, headers };
}
