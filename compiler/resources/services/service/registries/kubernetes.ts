import type { KubernetesSourceConfig } from "../../../../../runtime/upstream/discovery/kubernetes/kubernetes-source.ts";
import type { DiscoverKubernetes } from "../../../../../schema/resources.gen.ts";
import { make } from "../../../../ir/config.ts";
import { followedSecret } from "../../../../resource/followed-secret.ts";
import { followedTls } from "../../../../resource/followed-tls.ts";
import { startValue } from "../../../../text/setting.ts";
import { namespaceMissing } from "../messages.gen.ts";
import { checkUrl, optionOf, type Registry, startUrl } from "./registry.ts";

/** Where every pod finds what its service account has (Kubernetes, Accessing the API from within a Pod). */
const account = "/var/run/secrets/kubernetes.io/serviceaccount";

const servicesOf = ({ service }: DiscoverKubernetes): readonly string[] => (typeof service === "string" ? [service] : service);

/** EndpointSlices of a service. */
export const kubernetes: Registry<DiscoverKubernetes> = {
  text(options) {
    const { address, namespace } = options;
    const place = `${namespace === undefined ? "the namespace of its own pod" : `namespace ${namespace}`}`;
    return `Kubernetes${address === undefined ? "" : ` ${address}`}, ${place}, service ${servicesOf(options).join(", ")}`;
  },

  check({ address, namespace }, context) {
    if (address === undefined) return;
    checkUrl(address, "kubernetes/address", context);
    if (namespace === undefined) context.report(namespaceMissing(context.key("/discover/kubernetes/address"), {}));
  },

  source(options, context, { loadBalancer }) {
    const { address, namespace, port, addressType } = options;
    const at = (option: string) => context.at(`/discover/kubernetes${option}`);
    const isInside = address === undefined;
    // What a pod has of its own counts where it asks the API server of its own cluster, and nowhere else.
    const { token = isInside ? { file: `${account}/token` } : undefined } = options;
    const { ca = isInside ? { file: `${account}/ca.crt` } : undefined } = options;
    const { zone } = loadBalancer;
    return make<KubernetesSourceConfig>("upstream/discovery/kubernetes/kubernetes-source", "createKubernetesSource", {
      address: isInside ? undefined : startUrl(address, "kubernetes/address", context),
      host: isInside ? startValue("${env:KUBERNETES_SERVICE_HOST}", at("")) : undefined,
      hostPort: isInside ? startValue("${env:KUBERNETES_SERVICE_PORT:-443}", at("")) : undefined,
      namespace:
        namespace === undefined
          ? { kind: "secret", from: { file: `${account}/namespace` }, origin: at("") }
          : startValue(namespace, at("/namespace")),
      services: servicesOf(options),
      port,
      addressType,
      token: token === undefined ? undefined : followedSecret(token, at("/token")),
      tls: followedTls(optionOf("kubernetes", context), { ca }, (pem) => at(`/${pem}`)),
      zone: zone === undefined ? undefined : startValue(zone, context.at("/loadBalancer/zone")),
    });
  },
};
