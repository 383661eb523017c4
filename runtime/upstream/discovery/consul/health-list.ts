import { resultInSlices } from "../../../life/in-slices.ts";
import { fieldIn } from "../field-in.ts";
import { jsonInSteps } from "../json-steps.ts";
import type { Entry, Listed } from "../member.ts";

/** The endpoints in what Consul's `/v1/health/service` answers, which has some kilobytes for each. `read`: what is kept of each. Rejects where it is none. */
export async function healthList(text: string, read: (listed: Listed) => Entry): Promise<Entry[]> {
  const found: Entry[] = [];
  const rest = await resultInSlices(jsonInSteps(text, (entry) => void found.push(read(instanceOf(entry)))));
  if (!Array.isArray(rest)) throw new Error("what Consul answers is no list of service instances");
  return found;
}

function instanceOf(entry: unknown): Listed {
  const [service, node] = [fieldIn(entry, "Service"), fieldIn(entry, "Node")];
  // A service without an address of its own is where its node is.
  const host = fieldIn(service, "Address") || fieldIn(node, "Address");
  const port = fieldIn(service, "Port");
  const metadata = fieldIn(service, "Meta");
  const id = fieldIn(service, "ID");
  const weight = fieldIn(fieldIn(service, "Weights"), "Passing");
  const zone = fieldIn(metadata, "zone");
  return {
    address: typeof host === "string" && typeof port === "number" ? `${host.includes(":") ? `[${host}]` : host}:${port}` : host,
    // An instance moves to another node under its name: it is another one there.
    ...(typeof id === "string" && id !== "" ? { id } : {}),
    ...(typeof weight === "number" && weight > 0 ? { weight: Math.min(1_000, weight) } : {}),
    ...(zone === undefined ? {} : { zone }),
    metadata,
  };
}
