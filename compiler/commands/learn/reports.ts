import { LiveClient, type LiveOptions, Unreachable } from "../live/client.ts";
import { LogFindings } from "./log-findings.ts";

/** Where the admin listener of a running gateway is. */
export interface ReportsOptions extends Pick<LiveOptions, "keyEnv" | "ca"> {
  readonly from?: unknown;
}

/** What a running gateway found wrong with its last requests and answers. Throws `Unreachable` where it does not tell. */
export async function readReports({ from, keyEnv, ca }: ReportsOptions): Promise<LogFindings> {
  const client = new LiveClient({ url: from, keyEnv, ca }, "--from");
  const { status, text } = await client.ask({ method: "GET", path: "/reports" });
  if (status === 404)
    throw new Unreachable(
      `${client.where} keeps no reports. Write \`policies: { reports: {} }\` in gateway.yaml, and build and start it again.`,
    );
  if (status !== 200) throw new Unreachable(`${client.where} answers ${status}. ${detailOf(text)}`);
  const findings = new LogFindings();
  for (const line of text.split("\n")) findings.add(line);
  return findings;
}

function detailOf(problem: string): string {
  try {
    return (JSON.parse(problem) as { readonly detail?: string }).detail ?? "";
  } catch {
    return "";
  }
}
