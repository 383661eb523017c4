import { createCidrSet } from "../addresses/cidr.ts";
import { StartError } from "../life/start-error.ts";

/** Which proxy a call goes through; undefined: none. */
export type ProxyChoice = (url: URL) => URL | undefined;

/**
 * As curl and Go read `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, the lower-case names first. `NO_PROXY` is a list of host
 * names (with everything below them), addresses, CIDR blocks, each with a port or without, or `*`. What runs on this
 * machine is never asked of a proxy, which would ask its own.
 *
 * Throws a `StartError` where the URL of a proxy cannot be used.
 */
export function proxiesOf(environment: NodeJS.ProcessEnv): ProxyChoice {
  const read = (name: string): string => environment[name.toLowerCase()] || environment[name] || "";
  const proxies = { "https:": proxyUrl("HTTPS_PROXY", read("HTTPS_PROXY")), "http:": proxyUrl("HTTP_PROXY", read("HTTP_PROXY")) };
  const exceptions = read("NO_PROXY")
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .map(exceptionOf);
  const loopback = createCidrSet(["127.0.0.0/8", "::1"]);
  return (url) => {
    const proxy = proxies[url.protocol as keyof typeof proxies];
    if (proxy === undefined) return undefined;
    const host = hostOf(url);
    if (host === "localhost" || host.endsWith(".localhost") || loopback.has(host) === true) return undefined;
    return exceptions.some((matches) => matches(host, portOf(url))) ? undefined : proxy;
  };
}

/** Without the brackets of IPv6, in lower case, as URLs have it. */
export const hostOf = ({ hostname }: URL): string => (hostname.startsWith("[") ? hostname.slice(1, -1) : hostname);

export const portOf = ({ port, protocol }: URL): number => (port === "" ? (protocol === "https:" ? 443 : 80) : Number(port));

function proxyUrl(name: string, value: string): URL | undefined {
  if (value === "") return undefined;
  // As curl takes it, a host and a port are enough.
  const written = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(written) ? new URL(written) : undefined;
  if (url !== undefined && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new StartError(
    `environment variable ${name} is not the URL of an HTTP proxy. Set one like http://proxy.example.com:3128, or unset it.`,
  );
}

function exceptionOf(entry: string): (host: string, port: number) => boolean {
  if (entry === "*") return () => true;
  const [, bracketed, behind] = /^\[([^\]]*)\](?::(\d+))?$/.exec(entry) ?? [];
  const [, plain, afterName] = bracketed === undefined ? (/^([^:]+):(\d+)$/.exec(entry) ?? []) : [];
  const name = (bracketed ?? plain ?? entry).toLowerCase();
  const port = behind ?? afterName;
  const matches = hostException(name);
  return (host, at) => (port === undefined || Number(port) === at) && matches(host);
}

function hostException(name: string): (host: string) => boolean {
  try {
    const blocks = createCidrSet([name]);
    return (host) => blocks.has(host) === true;
  } catch {
    const suffix = name.replace(/^\*?\./, "");
    return (host) => host === suffix || host.endsWith(`.${suffix}`);
  }
}
