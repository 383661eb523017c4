import { serve } from "../../../../runtime/process/serve.ts";
import { forwarding, gateway, service } from "../../../runtime/support/gateway.ts";
import { RawClient } from "../../../runtime/support/raw-client.ts";
import { FramingUpstream } from "./framing-upstream.ts";

const closing: Promise<void>[] = [];

/** Listeners that take their time to close have closed by then. */
export async function closed(): Promise<void> {
  await Promise.all(closing);
}

/** Sends the bytes through a gateway and gives what both ends saw. `isTrickle`: in as many writes as there are octets. */
export async function through(bytes: string, isTrickle = false): Promise<{ statuses: number[]; upstream: FramingUpstream }> {
  const upstream = new FramingUpstream();
  await upstream.start();
  const target = service([upstream.url]);
  const serving = await serve(gateway(forwarding(target)), { drainTimeout: 0, admin: false });
  const client = new RawClient(serving.port);
  const octets = Buffer.from(bytes, "latin1");
  if (isTrickle) {
    client.socket.setNoDelay(true);
    for (let at = 0; at < octets.length && !client.isEnded; at++) {
      client.write(octets.subarray(at, at + 1));
      await new Promise((resolve) => setImmediate(resolve));
    }
  } else client.write(octets);
  const answered = await client.rest();
  client.close();
  // Kept connections end, so that the service has seen everything; the listener may take its time.
  target.close();
  closing.push(serving.close());
  await upstream.close();
  return { statuses: [...answered.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status)), upstream };
}
