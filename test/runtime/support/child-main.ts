import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { send } from "../../../runtime/http/send.ts";
import { createWorkerSums } from "../../../runtime/metrics/worker-sums.ts";
import { asPort, readEnvironment } from "../../../runtime/process/environment.ts";
import { run } from "../../../runtime/process/run.ts";
import { forward } from "../../../runtime/upstream/forward.ts";
import { gateway, operation, plainForward, service } from "./gateway.ts";

const environment = readEnvironment(
  { name: "test", builtBy: "0.0.0" },
  {
    KEY: { secret: { env: "TEST_KEY" }, at: "gateway.yaml:44" },
    UPSTREAM: { setting: "${env:TEST_UPSTREAM}", as: "endpoint", at: "gateway.yaml:45" },
    PORT: { setting: "${env:TEST_PORT}", at: "gateway.yaml:46" },
  },
);

const orders = service([environment.UPSTREAM]);
let requests = 0;

function request(x: Exchange): void {
  requests++;
  if (x.path === "/crash") process.nextTick(() => process.exit(9));
  else if (x.path === "/throw") {
    process.nextTick(() => {
      throw new Error("nobody catches this");
    });
  } else if (x.path === "/pid") {
    x.answer = { status: 200, headers: new HeaderList(), body: String(process.pid), source: "test" };
    send(x);
  } else forward(x, orders, plainForward);
}

const any = operation({ request });
const built = gateway(any, {
  metrics: {
    sums: createWorkerSums,
    collect: () => [{ name: "requests_total", help: "Requests", type: "counter", samples: [{ labels: "", value: requests }] }],
  },
});
void run({
  ...built,
  listeners: { ...built.listeners, public: { ...built.listeners.public, port: asPort(environment.PORT) } },
});
