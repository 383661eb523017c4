import { contained } from "../life/boundary.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Service } from "./service.ts";

/** Endpoints that are tried at the same time, and all together: of thousands, a few say enough. */
const atOnce = 16;
const mostTried = 64;

/** Whether a connection can be made to one of the endpoints. */
export async function isReachable({ endpoints, connectTimeout }: Service): Promise<boolean> {
  const first = endpoints.length <= mostTried ? 0 : Math.floor(Math.random() * (endpoints.length - mostTried));
  for (let at = first; at < Math.min(endpoints.length, first + mostTried); at += atOnce) {
    const some = endpoints.slice(at, at + atOnce);
    const answers = await Promise.all(some.map((endpoint) => canConnect(endpoint, connectTimeout)));
    if (answers.includes(true)) return true;
  }
  return false;
}

function canConnect({ connector }: Endpoint, connectMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connector.open(undefined);
    const settle = (isOpen: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isOpen);
    };
    const unreachable = { broke: () => resolve(false) };
    const timer = setTimeout(contained(unreachable, settle), connectMs, false);
    const onReady = contained(unreachable, (): void => settle(true));
    const onError = contained(unreachable, (): void => settle(false));
    socket.once(connector.readyEvent, onReady);
    socket.on("error", onError);
  });
}
