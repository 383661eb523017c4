import type { Exchange } from "./exchange.ts";

/** Notes what a step in report mode would have answered, and lets the request go on. */
export function reportOnly(x: Exchange, policy: string): void {
  const { answer } = x;
  if (answer === undefined) return;
  x.reports.push({ policy, status: answer.status, type: problemType(answer.body) });
  x.answer = undefined;
}

/** `type` of a problem object (RFC 9457 §3.1.1); empty where the answer is none. */
function problemType(body: string | Uint8Array | undefined): string {
  if (typeof body !== "string" || !body.startsWith("{")) return "";
  try {
    const { type } = JSON.parse(body) as { type?: unknown };
    return typeof type === "string" ? type : "";
  } catch {
    return "";
  }
}
