import { contained } from "../life/boundary.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Service } from "./service.ts";

/** Whether a connection can be made to one of the endpoints. */
export async function isReachable({ endpoints, connectTimeout }: Service): Promise<boolean> {
  const answers = await Promise.all(endpoints.map((endpoint) => canConnect(endpoint, connectTimeout)));
  return answers.includes(true);
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
