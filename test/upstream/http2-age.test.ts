import { expect, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { createAgingPools } from "../../runtime/upstream/http2/http2-pool.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { echo, http2, http2Service } from "./support/http2.ts";

test("a connection takes no more requests once it is old, so that addresses that came later get their share (envoy#7403)", async () => {
  const perSession: number[] = [];
  const upstream = await http2Service((stream, headers, session) => {
    perSession[session] = (perSession[session] ?? 0) + 1;
    echo(stream, headers);
  });
  const orders = http2(upstream.url, { protocol: createAgingPools({ maxAge: 60_000 }) });
  const real = clock.monotonic;
  let ahead = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => real() + ahead);
  await using(gateway(forwarding(orders)), async ({ port }) => {
    for (let request = 0; request < 3; request++) expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([3]);
    ahead = 53_000;
    expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([4]);
    ahead = 67_000;
    await vi.waitFor(() => expect(upstream.sessions[0]!.closed || upstream.sessions[0]!.destroyed).toBe(true), {
      timeout: 20_000,
    });
    expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([4, 1]);
  });
  vi.restoreAllMocks();
});
