// From the start of a process to its first answer.
import { request } from "node:http";
import { gatewayYaml, residentMebibytes, spec } from "../support.mjs";
import { buildGateway, startGateway } from "./gateways.mjs";
import { stop } from "./processes.mjs";

/** Milliseconds of several starts of a gateway with 1,000 operations, and its resident memory after the answer. */
export async function startTimes(times) {
  const out = buildGateway({
    "gateway.yaml": gatewayYaml({ requestId: {}, securityHeaders: {}, metrics: {} }),
    "policies.yaml": "{}\n",
    "openapi.json": spec(1000),
  });
  const milliseconds = [];
  let mebibytes = 0;
  for (let run = 0; run < times; run++) {
    const started = performance.now();
    const { child, port } = await startGateway("gatewright", out);
    await new Promise((resolve, reject) =>
      request({ port, path: "/nothing-here" }, (answer) => answer.resume().on("end", resolve))
        .on("error", reject)
        .end(),
    );
    milliseconds.push(performance.now() - started);
    mebibytes = residentMebibytes(child.pid);
    await stop(child);
  }
  return { milliseconds, mebibytes };
}
