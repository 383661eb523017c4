import type { EtcdSourceConfig } from "../../../../../runtime/upstream/discovery/etcd/etcd-source.ts";
import type { DiscoverEtcd } from "../../../../../schema/resources.gen.ts";
import { make } from "../../../../ir/config.ts";
import { followedTls } from "../../../../resource/followed-tls.ts";
import { checkBoth, checkUrl, optionOf, type Registry, secretOf, startUrl } from "./registry.ts";

/** Keys of etcd v3 below a prefix. */
export const etcd: Registry<DiscoverEtcd> = {
  text: ({ addresses, prefix }) => `etcd ${addresses.join(", ")}, prefix ${prefix}`,

  check(options, context) {
    for (const [index, address] of options.addresses.entries()) checkUrl(address, `etcd/addresses/${index}`, context);
    checkBoth("etcd", options, ["user", "password"], context);
    checkBoth("etcd", options, ["certificate", "key"], context);
  },

  source({ addresses, prefix, user, password, ca, certificate, key }, context) {
    return make<EtcdSourceConfig>("upstream/discovery/etcd/etcd-source", "createEtcdSource", {
      addresses: addresses.map((address, index) => startUrl(address, `etcd/addresses/${index}`, context)),
      prefix,
      user,
      password: secretOf(password, "etcd/password", context),
      tls: followedTls(optionOf("etcd", context), { ca, certificate, key }, (pem) => context.at(`/discover/etcd/${pem}`)),
    });
  },
};
