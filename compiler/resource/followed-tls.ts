import type { FollowedTlsConfig } from "../../runtime/calls/followed-tls.ts";
import type { SecretReference } from "../../schema/resources.gen.ts";
import { type MakeIr, make, type StartValueIr } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";
import { pemFiles } from "./pem.ts";

interface Pem {
  readonly ca?: SecretReference | undefined;
  readonly certificate?: SecretReference | undefined;
  readonly key?: SecretReference | undefined;
}

/** TLS of the gateway's own calls; undefined where nothing of it is written. `option`: what has the options, for messages. */
export function followedTls(option: string, pem: Pem, at: (name: keyof Pem) => Origin): MakeIr | undefined {
  const value = (name: keyof Pem): { readonly [name: string]: StartValueIr } => {
    const from = pem[name];
    return from === undefined ? {} : { [name]: { kind: "secret", from, origin: at(name) } };
  };
  const texts = { ...value("ca"), ...value("certificate"), ...value("key") };
  if (Object.keys(texts).length === 0) return undefined;
  return make<FollowedTlsConfig>("calls/followed-tls", "createFollowedTls", { option, ...texts, files: pemFiles(pem) });
}
