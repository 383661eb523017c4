import type { Listed } from "../member.ts";

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? // An object that has it.
      (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** The endpoints in what Consul's `/v1/health/service` answers. Throws where it is none. */
export function healthList(value: unknown): Listed[] {
  if (!Array.isArray(value)) throw new Error("what Consul answers is no list of service instances");
  return value.map((entry: unknown) => {
    const [service, node] = [member(entry, "Service"), member(entry, "Node")];
    // A service without an address of its own is where its node is.
    const host = member(service, "Address") || member(node, "Address");
    const port = member(service, "Port");
    const metadata = member(service, "Meta");
    const id = member(service, "ID");
    const weight = member(member(service, "Weights"), "Passing");
    const zone = member(metadata, "zone");
    return {
      address: typeof host === "string" && typeof port === "number" ? `${host.includes(":") ? `[${host}]` : host}:${port}` : host,
      // An instance moves to another node under its name: it is another one there.
      ...(typeof id === "string" && id !== "" ? { id } : {}),
      ...(typeof weight === "number" && weight > 0 ? { weight: Math.min(1_000, weight) } : {}),
      ...(zone === undefined ? {} : { zone }),
      metadata,
    };
  });
}
