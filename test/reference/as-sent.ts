import type { GatewayIr, OperationIr } from "../../compiler/ir/gateway.ts";
import type { Gateway } from "../../runtime/gateway/gateway.ts";
import type { RouteTarget } from "../../runtime/gateway/operation.ts";
import type { AsSentReader } from "../../runtime/http/as-sent.ts";

/** What the service of an operation gets of the public path, where it gets it as it was sent. */
const asSentOf = ({ steps, forward }: OperationIr) =>
  forward.kind === "terminal" ? undefined : steps.flatMap(({ reroutes }) => reroutes?.asSent ?? [])[0];

export const takesAsSent = (ir: GatewayIr): boolean => ir.operations.some((operation) => asSentOf(operation) !== undefined);

/**
 * As `rewrite: { path: asSent }` is documented: a path is taken where all readings of it have equal guards. Readings are
 * found by brute force: every mixture of the ways in which a server may change a path before it looks at it.
 */
export function interpretAsSent(ir: GatewayIr, match: Gateway["match"]): AsSentReader {
  return (head, refused) => {
    const parts = /^(?:https?:\/\/([^/?]*))?([^?]*)(?:\?(.*))?$/i.exec(head.target);
    if (parts === null || refused.host === "" || /[^!-~]|[\\#]/.test(head.target)) return refused;
    const [, authority, written = "", query = ""] = parts;
    if (authority !== undefined && authority !== "" && authority.toLowerCase() !== head.host.toLowerCase()) return refused;
    const sent = written === "" ? "/" : written;
    const text = plainly(sent);
    const decoded = text === undefined ? undefined : fully(text);
    if (text === undefined || decoded === undefined) return refused;
    const dots = (path: string): string[] => path.split("/").filter((segment) => /^\.{1,2}(;.*)?$/.test(segment));
    if (dots(decoded).length !== dots(text).length || dots(decoded).some((segment) => segment.includes(";"))) return refused;
    const path = withoutDots(merged(text));
    const target: RouteTarget = { path, host: refused.host, query, headers: head.headers };
    const methods = [head.method];
    const asked = head.method === "OPTIONS" ? head.headers.single("access-control-request-method") : undefined;
    if (asked !== undefined && asked !== null) methods.push(asked);
    let isTaken = false;
    for (const method of methods) {
      const operation = match(target, method);
      if (operation === null) continue;
      const asSent = asSentOf(ir.operations[operation.index]!);
      if (asSent === undefined || !sent.startsWith(path.slice(0, asSent.strip))) return refused;
      if (leavesRoot(text.slice(asSent.strip)) || leavesRoot(decoded.slice(asSent.strip))) return refused;
      const guard = guardsOf(ir.operations[operation.index]!);
      const guardAt = (reading: string): string | undefined => {
        const found = match({ ...target, path: reading }, method);
        return found === null ? undefined : guardsOf(ir.operations[found.index]!);
      };
      const read = (one: string): string[] => [one, withoutDots(one), withoutDots(merged(one))];
      if (read(text).some((reading) => guardAt(reading) !== guard)) return refused;
      const decodings = [...read(separated(text)), ...read(decoded)];
      if (decodings.some((reading) => (guardAt(reading) ?? guard) !== guard)) return refused;
      isTaken = true;
    }
    return isTaken ? { path, query, host: refused.host, authority: head.host, problem: undefined } : refused;
  };
}

/** Unreserved characters decoded, the others escaped as `encodeURIComponent` does; undefined where that cannot be. */
function plainly(path: string): string | undefined {
  try {
    const characters = path.replaceAll(/(?:%[0-9a-f]{2})+|./gi, (part) =>
      part.startsWith("%") ? escaped(decodeURIComponent(part)) : /[\w.~!$&'()*+,;=:@/-]/.test(part) ? part : escaped(part),
    );
    return /%(?:[01].|7F)/.test(characters) ? undefined : characters;
  } catch {
    return undefined;
  }
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

/** Escapes of escapes undone until nothing is left of them, then separators; undefined after too many rounds. */
function fully(text: string): string | undefined {
  let path = text;
  for (let round = 0; round < 4; round++) {
    let layers = path;
    while (/%25[0-9A-F]{2}/i.test(layers)) layers = layers.replaceAll(/%25(?=[0-9A-F]{2})/gi, "%");
    const next = plainly(layers);
    if (next === undefined) return undefined;
    if (next === path) return separated(path);
    path = next;
  }
  return undefined;
}

const separated = (path: string): string => path.replaceAll("%2F", "/").replaceAll("%5C", "/");
const merged = (path: string): string => path.replaceAll(/\/+/g, "/");

/** RFC 3986 §5.2.4, in the words of the RFC. */
function withoutDots(path: string): string {
  let input = path;
  let output = "";
  while (input !== "") {
    if (input.startsWith("/./") || input === "/.") input = `/${input.slice(3)}`;
    else if (input.startsWith("/../") || input === "/..") {
      input = `/${input.slice(4)}`;
      output = output.slice(0, Math.max(0, output.lastIndexOf("/")));
    } else {
      const end = input.indexOf("/", 1);
      output += end < 0 ? input : input.slice(0, end);
      input = end < 0 ? "" : input.slice(end);
    }
  }
  return output;
}

function leavesRoot(path: string): boolean {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return segments.some((_, index) => {
    const begin = segments.slice(0, index + 1);
    return begin.filter((segment) => segment === "..").length * 2 > begin.length;
  });
}

/** Who gets in at an operation, without the places where it is written. */
function guardsOf({ access, steps }: OperationIr): string {
  const guards = steps.filter(({ stage, mayAnswer }) => mayAnswer && ["admit", "authenticate", "authorize"].includes(stage));
  const asked = access.kind === "public" ? [] : access.requirements.map(({ alternatives }) => alternatives);
  const kept = guards.map(({ policy, config, mode, when }) => [policy, config, mode, when?.text]);
  return JSON.stringify([asked, kept], (key, value: unknown) => (key === "origin" ? undefined : value));
}
