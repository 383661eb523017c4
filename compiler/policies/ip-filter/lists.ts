import type { FileListConfig } from "../../../runtime/policies/ip-filter/file-list.ts";
import type { RemoteListConfig } from "../../../runtime/policies/ip-filter/remote-list.ts";
import type { IpFilterAddresses, IpFilterFileList, IpFilterRemoteList, SecretReference } from "../../../schema/policies.gen.ts";
import type { ConfigIr, Lowered, MakeIr, StartValueIr } from "../../ir/config.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { listTwice, plainList, shortInterval, unusableUrl } from "./messages.gen.ts";

export type ListOptions = IpFilterFileList | IpFilterRemoteList;

export const isList = (entry: IpFilterAddresses): entry is ListOptions => typeof entry !== "string";

/** Milliseconds between two looks at a server that is not the user's own, at the least. */
const shortestInterval = 1_000;

const sourceOf = (list: ListOptions): string => ("file" in list ? `file ${list.file}` : list.url);

export const describeList = (list: ListOptions): string =>
  "file" in list ? sourceOf(list) : `${sourceOf(list)} every ${list.interval}`;

/** Reports lists that cannot be fetched, or that others could write on their way. */
export function checkLists(
  name: "allow" | "deny",
  entries: readonly IpFilterAddresses[] | undefined,
  context: PolicyContext,
): void {
  const seen = new Map<string, string>();
  for (const [index, entry] of (entries ?? []).entries()) {
    if (!isList(entry)) continue;
    const pointer = `/${name}/${index}`;
    const source = sourceOf(entry);
    const before = seen.get(source);
    if (before === undefined) seen.set(source, pointer);
    else {
      const related = [{ origin: context.at(before), text: "holds it already" }];
      context.report(listTwice(context.at(pointer), { list: source }, { related }));
    }
    if ("url" in entry) checkRemote(entry, pointer, context);
  }
}

function checkRemote({ url, interval }: IpFilterRemoteList, pointer: string, context: PolicyContext): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const { protocol, username, password } = parsed ?? { protocol: "", username: "", password: "" };
  if (!/^https?:$/.test(protocol) || username !== "" || password !== "") {
    // What is written may hold a password.
    context.report(unusableUrl(context.at(`${pointer}/url`), {}));
    return;
  }
  if (protocol === "http:" && !isThisMachine(parsed!.hostname)) context.report(plainList(context.at(`${pointer}/url`), { url }));
  if (parseDuration(interval) < shortestInterval) context.report(shortInterval(context.at(`${pointer}/interval`), { interval }));
}

const isThisMachine = (host: string): boolean => host === "localhost" || host === "[::1]" || /^127\.[\d.]+$/.test(host);

/** @param pointer of the list */
export function lowerList(list: ListOptions, pointer: string, context: PolicyContext): MakeIr {
  if ("file" in list)
    return make<FileListConfig>("policies/ip-filter/file-list", "createFileList", { file: list.file, required: list.required });
  const { url, interval, required, headers = {}, ca } = list;
  const secret = (from: SecretReference, below: string): StartValueIr => ({
    kind: "secret",
    from,
    origin: context.at(`${pointer}${below}`),
  });
  const fields = Object.entries(headers).map(([name, from]) => ({
    name: name.toLowerCase(),
    value: secret(from, `/headers/${name}`),
  }));
  return make<RemoteListConfig>("policies/ip-filter/remote-list", "createRemoteList", {
    url,
    intervalMs: parseDuration(interval),
    required,
    ...(fields.length === 0 ? {} : { headers: fields }),
    ...(ca === undefined ? {} : { ca: secret(ca, "/ca") }),
  });
}

const make = <Config extends object>(module: string, name: string, config: Lowered<Config>): MakeIr => ({
  kind: "make",
  factory: { module, name },
  // What `Lowered` makes of a type is one of the forms that a config has; the compiler of types cannot tell for any `Config`.
  config: config as ConfigIr,
});
