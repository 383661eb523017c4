import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import type { StartValue } from "../../../exchange/exchange.ts";
import { shownValue } from "../../../life/shown-value.ts";
import { StartError } from "../../../life/start-error.ts";
import type { DnsServer } from "./client.ts";

const file = "/etc/resolv.conf";

/** Servers that the configuration names, or those of the system, read anew each time (resolv.conf(5)). */
export function createServers(
  written: readonly (StartValue | string)[] | undefined,
  service: string,
): () => readonly DnsServer[] {
  if (written === undefined) return serversOfSystem;
  const servers = written.map((text) => {
    const server = serverOf(text);
    if (server !== undefined) return server;
    throw new StartError(
      `service ${service}: ${shownValue(text)} is no DNS server. Write an address, with a port where it is not 53: \`10.0.0.2\`, \`[2001:db8::53]:5353\`.`,
    );
  });
  return () => servers;
}

export function serversOfSystem(): readonly DnsServer[] {
  const servers = [...readFileSync(file, "utf8").matchAll(/^nameserver[ \t]+(\S+)/gm)].flatMap(
    ([, text]) => serverOf(text!) ?? [],
  );
  return servers.slice(0, 3);
}

function serverOf(text: string): DnsServer | undefined {
  if (isIP(text) !== 0) return { host: text, port: 53 };
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? "";
  const number = Number(port ?? 53);
  return isIP(host) === 0 || number < 1 || number > 65_535 ? undefined : { host, port: number };
}
