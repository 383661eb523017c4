import type { ListenerConfig } from "../../../../runtime/gateway/listener.ts";
import type { UnixSocketConfig } from "../../../../runtime/process/unix-socket.ts";
import type { AdminListener } from "../../../../schema/resources.gen.ts";
import { make } from "../../../ir/config.ts";
import { configured, defineResource } from "../../../resource/contract.ts";
import { addressOf, checkAddress, reportBesideSocket, socketConfig } from "../../../resource/listener/address.ts";
import { accessOf, checkAccess, secureOf } from "./access.ts";

export const adminListener = defineResource<AdminListener, "listeners">({
  room: "listeners",
  name: "admin",

  check(options, context) {
    checkAddress(options, context);
    if (options.socket !== undefined) reportBesideSocket("names", context);
    checkAccess(options, context);
  },

  lower(options, context) {
    const { names, socket } = options;
    // Only those who are on this machine, unless another address is asked for.
    const address = addressOf({ host: "127.0.0.1", ...options }, context);
    const secure = secureOf(options, context);
    return {
      ...configured<ListenerConfig>({
        host: address.host,
        port: address.port ?? 0,
        names: names?.map((name) => name.toLowerCase().replace(/\.$/, "")),
        trustedProxies: [],
        socket:
          socket === undefined
            ? undefined
            : make<UnixSocketConfig>("process/unix-socket", "createUnixSocket", socketConfig(options, false)),
        access: accessOf(options, context),
        secure,
      }),
      ...address,
      ...(secure === undefined ? {} : { isSecure: true }),
      trustedProxies: [],
      summary: "",
    };
  },
});
