// One process of a group of two: it finds the endpoints, or is told of them, and says what it takes to have others.
import { createHousehold } from "../../../dist/runtime/life/household.js";
import { createDiscovery } from "../../../dist/runtime/upstream/discovery/discovery.js";
import { createFileSource } from "../../../dist/runtime/upstream/discovery/file-source.js";
import { measures } from "./thread-cpu.mjs";
import { serviceOf } from "./ways.mjs";

const { way, path, count } = JSON.parse(process.argv[2]);
const service = serviceOf(way);
const terms = { scheme: "http", path: "", metadata: ["version"] };
const source = createFileSource({ path });
const discovery = createDiscovery({ service, source, terms, maxStale: 1e9, shrink: 0.5, confirm: 10_000 });
const silent = { write() {}, with: () => silent };

/** Milliseconds for which those that are gone are left, and requests come. */
const afterwards = 100;
const requests = [undefined, "route=of-nobody"].map((cookie) => ({ headers: { get: () => cookie } }));

/** Resolves when the endpoints of a network are there, a request has been sent to one, and those before are left. */
const over = (network) =>
  new Promise((resolve) => {
    const look = () => {
      if (service.set.all.length !== count || !service.set.all[0].url.startsWith(`http://10.${network}.`)) return;
      service.followers.delete(look);
      for (const [index, request] of requests.entries()) setTimeout(() => service.set.picker.pick(request), 20 * index);
      setTimeout(resolve, afterwards);
    };
    service.followers.add(look);
    look();
  });

process.on("message", async ({ measure, network }) => {
  if (measure === undefined) return;
  const measured = measures[measure](over(network));
  process.send({ begun: true });
  process.send({ took: await measured });
});
await createHousehold([discovery], 2, silent).start();
process.send({ joined: true });
