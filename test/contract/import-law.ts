import { builtinModules } from "node:module";
import type { Import } from "./source-files.ts";

/** Libraries that generated code may bring along, and the modules that each is behind. */
const runtimeLibraries: Readonly<Record<string, RegExp>> = {
  ioredis: /^runtime\/stores\/redis\/connection\.ts$/,
  "mmdb-lib": /^runtime\/geo\/database\.ts$/,
  // For endpoints in a file of YAML.
  yaml: /^runtime\/files\/yaml\.ts$/,
  undici: /^runtime\/calls\//,
};
const behind = (to: string): RegExp | undefined => runtimeLibraries[packageOf(to)];

/** What opens sockets, and who may. */
const socketModules = new Set(["node:http", "node:http2", "node:https", "node:net", "node:tls", "node:dgram"]);
const holdsSockets = /^runtime\/((http[12]?|listener|upstream|process|admin|calls)\/|stores\/memcached\/connection\.ts$)/;

/** What is behind the exchange. */
const transport = /^runtime\/(http[12]?|listener|upstream|admin\/(?!route\.ts))/;

/** Imports that the law would forbid, each with the reason why it is right all the same. */
export const exceptions: Readonly<Record<string, string>> = {};

/** `undici/lib/dispatcher/pool.js` → `undici`. */
export const packageOf = (specifier: string): string => /^(@[^/]+\/)?[^/]+/.exec(specifier)![0];

/** Why an import breaks the law, or undefined. */
export function verdict(found: Import): string | undefined {
  if (`${found.from} -> ${found.to}` in exceptions) return undefined;
  if (found.from.startsWith("runtime/")) return runtimeVerdict(found);
  return found.from.startsWith("schema/") ? schemaVerdict(found) : compilerVerdict(found);
}

function runtimeVerdict({ from, to }: Import): string | undefined {
  const isLocal = to.startsWith("runtime/");
  if (!isLocal && !isBuiltin(to) && behind(to)?.test(from) !== true)
    return "runtime/ imports only runtime/, node: modules and run-time libraries from the module that each is behind";
  if (socketModules.has(isBuiltin(to) ? to : packageOf(to)) && !holdsSockets.test(from))
    return "only the transport of runtime/ touches sockets";
  const own = /^runtime\/policies\/[^/]+\//.exec(from)?.[0];
  if (own === undefined) return undefined;
  if (to.startsWith("runtime/policies/") && !to.startsWith(own)) return "a policy never imports another policy";
  if (transport.test(to)) return "a policy sees the exchange, never the transport";
  return undefined;
}

const schemaVerdict = ({ to }: Import): string | undefined => (to.startsWith("schema/") ? undefined : "schema/ imports nothing");

/** What the parts of the compiler may import beside themselves; `type` allows types only. */
const compilerLaw: readonly { readonly part: RegExp; readonly allowed: readonly RegExp[]; readonly types: readonly RegExp[] }[] =
  [
    // `own.ts` imports nothing. What an expression consists of is named by those who read it.
    {
      part: /^compiler\/ir\//,
      allowed: [/^compiler\/text\/own\.ts$/],
      types: [/^compiler\/text\//, /^compiler\/expressions\/(ast|overloads|types)\.ts$/],
    },
    { part: /^compiler\/source\//, allowed: [/^compiler\/(ir|text|diagnostics)\//], types: [/^schema\//] },
    {
      part: /^compiler\/expressions\//,
      allowed: [/^compiler\/(ir|text|diagnostics)\//, /^runtime\/expressions\//],
      types: [/^schema\//],
    },
    {
      part: /^compiler\/contract\//,
      allowed: [/^compiler\/(ir|text|diagnostics|source)\//],
      types: [],
    },
    // What watches a gateway is made of what is known of it, and of nothing else.
    { part: /^compiler\/observability\//, allowed: [/^compiler\/(ir|text)\//], types: [] },
    { part: /^compiler\/text\//, allowed: [/^compiler\/ir\//], types: [/^schema\//] },
    { part: /^compiler\/diagnostics\//, allowed: [/^compiler\/(ir|text)\//], types: [/^schema\//] },
    {
      part: /^compiler\/routing\//,
      // A way around is proven: conditions and patterns are read as the checks read them.
      allowed: [
        /^compiler\/(ir|text|diagnostics|expressions\/proof|contract\/schemas\/patterns)\//,
        /^runtime\/(http\/target|paths\/path-template|caching\/warming\/listed-urls)\.ts$/,
      ],
      types: [/^schema\//],
    },
    {
      part: /^compiler\/policy\//,
      allowed: [/^compiler\/(ir|text|diagnostics)\//],
      types: [/^schema\//],
    },
    {
      part: /^compiler\/policies\/registry\.gen\.ts$/,
      allowed: [/^compiler\/policies\/[^/]+\/(index|scheme)\.ts$/],
      types: [/^compiler\/policy\//],
    },
    // Keys in files are lowered in one way, whoever signs with them; and so are limits of requests under way, which services
    // have too.
    {
      part: /^compiler\/policies\//,
      allowed: [
        /^compiler\/(ir|text|diagnostics|policy)\//,
        /^compiler\/resource\/(signing-keys|followed-secret|followed-tls|limiter)\.ts$/,
      ],
      types: [/^schema\//],
    },
    {
      part: /^compiler\/resource\//,
      allowed: [/^compiler\/(ir|text|diagnostics)\//],
      types: [/^schema\//, /^runtime\//],
    },
    {
      part: /^compiler\/resources\/registry\.gen\.ts$/,
      allowed: [/^compiler\/resources\/[^/]+\/[^/]+\/index\.ts$/],
      types: [/^compiler\/resource\//],
    },
    // One kind knows of no other; its config is what its run-time factory takes.
    {
      part: /^compiler\/resources\//,
      allowed: [/^compiler\/(ir|text|diagnostics|resource)\//],
      types: [/^schema\//, /^runtime\//],
    },
    {
      part: /^compiler\/generate\//,
      allowed: [/^compiler\/text\//, /^compiler\/expressions\/overloads\.ts$/],
      types: [/^schema\//],
    },
    // It lowers what has no kind, and holds the configs against what the run-time library takes.
    {
      part: /^compiler\/phases\/3-check\//,
      allowed: [
        /^compiler\/(ir|text|diagnostics|policy|resource|routing|expressions|source|contract)\//,
        /^compiler\/(policies|resources)\/registry\.gen\.ts$/,
        /^compiler\/package-root\.ts$/,
        /^schema\//,
      ],
      types: [/^runtime\//],
    },
    {
      part: /^compiler\/phases\//,
      allowed: [
        /^compiler\/(ir|text|diagnostics|policy|resource|routing|expressions|source|contract)\//,
        /^compiler\/(policies|resources)\/registry\.gen\.ts$/,
        /^compiler\/package-root\.ts$/,
        /^schema\//,
      ],
      types: [],
    },
  ];

function compilerVerdict({ from, to, isTypeOnly }: Import): string | undefined {
  if (to.startsWith("test/") || to.startsWith("examples/")) return "nothing that is shipped imports test/ or examples/";
  if (to.startsWith("compiler/generate/") && !from.startsWith("compiler/generate/"))
    return "the generators are no part of the compiler";
  // `dev` serves what it built, with the gateway's own process management; `explain` reads a request as the data plane does.
  const isAtHome = /^compiler\/commands\//.test(from);
  // A literal means the same when it is checked as when it is evaluated.
  const isValueOfExpressions = from.startsWith("compiler/expressions/") && to.startsWith("runtime/expressions/");
  // A request that a message names is one that the data plane reads as it stands, and sends where the message says; a URL that is
  // warmed is one that a gateway warms.
  const isReadingOfPaths =
    from.startsWith("compiler/routing/") &&
    /^runtime\/(http\/target|paths\/path-template|caching\/warming\/listed-urls)\.ts$/.test(to);
  if (to.startsWith("runtime/") && !isTypeOnly && !isAtHome && !isValueOfExpressions && !isReadingOfPaths)
    return "the compiler takes only types from runtime/";
  const rule = compilerLaw.find(({ part }) => part.test(from));
  if (rule === undefined || !/^(compiler|runtime|schema)\//.test(to)) return undefined;
  if (isWithin(from, to) || rule.allowed.some((pattern) => pattern.test(to))) return undefined;
  if (isTypeOnly && (rule.types.some((pattern) => pattern.test(to)) || isOwnRuntime(from, to) || isPhaseBefore(from, to)))
    return undefined;
  return `${partOf(from)} may not import ${isTypeOnly ? "types from " : ""}${to}`;
}

/** `compiler/ir`, `compiler/policies/cors`, `compiler/resources/stores/redis`, `compiler/phases/3-check`. */
const partOf = (path: string): string =>
  /^compiler\/resources\/(?:[^/]+\.ts$|[^/]+\/[^/]+)|^compiler\/(policies|phases)\/[^/]+\.ts$|^compiler\/(policies|phases)\/[^/]+|^compiler\/[^/]+/.exec(
    path,
  )![0];
const isWithin = (from: string, to: string): boolean => to === partOf(from) || to.startsWith(`${partOf(from)}/`);

function isOwnRuntime(from: string, to: string): boolean {
  const policy = /^compiler\/policies\/([^/]+)\//.exec(from)?.[1];
  return policy !== undefined && to.startsWith(`runtime/policies/${policy}/`);
}

function isPhaseBefore(from: string, to: string): boolean {
  const [here, there] = [from, to].map((path) => Number(/^compiler\/phases\/(\d)-/.exec(path)?.[1]));
  return here !== undefined && here - 1 === there;
}

const isBuiltin = (to: string): boolean => to.startsWith("node:") && builtinModules.includes(to.slice("node:".length));
