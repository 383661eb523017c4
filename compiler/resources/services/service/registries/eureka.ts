import type { EurekaSourceConfig } from "../../../../../runtime/upstream/discovery/eureka/eureka-source.ts";
import type { DiscoverEureka } from "../../../../../schema/resources.gen.ts";
import { make } from "../../../../ir/config.ts";
import { followedTls } from "../../../../resource/followed-tls.ts";
import { parseDuration } from "../../../../text/formats.ts";
import { checkBoth, checkUrl, optionOf, type Registry, secretOf, startUrl } from "./registry.ts";

/** Instances of an application that are `UP` in Netflix' Eureka. */
export const eureka: Registry<DiscoverEureka> = {
  text: ({ addresses, app }) => `Eureka ${addresses.join(", ")}, application ${app.toUpperCase()}`,

  check(options, context) {
    for (const [index, address] of options.addresses.entries()) checkUrl(address, `eureka/addresses/${index}`, context);
    checkBoth("eureka", options, ["user", "password"], context);
    checkBoth("eureka", options, ["certificate", "key"], context);
  },

  source({ addresses, app, delta, interval, preferIpAddress, user, password, ca, certificate, key }, context, { discover }) {
    return make<EurekaSourceConfig>("upstream/discovery/eureka/eureka-source", "createEurekaSource", {
      addresses: addresses.map((address, index) => startUrl(address, `eureka/addresses/${index}`, context)),
      app,
      delta,
      interval: parseDuration(interval),
      preferIpAddress,
      secure: discover?.scheme === "https",
      user,
      password: secretOf(password, "eureka/password", context),
      tls: followedTls(optionOf("eureka", context), { ca, certificate, key }, (pem) => context.at(`/discover/eureka/${pem}`)),
    });
  },
};
