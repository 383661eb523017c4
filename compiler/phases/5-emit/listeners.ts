import type { GatewayIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import { resourceRef } from "../../ir/resource.ts";
import { jsString } from "../../text/js.ts";
import { JsExpression, type JsValue, jsValue } from "../../text/js-value.ts";
import { numbers } from "./declarations.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";

/** What `run` is told of the listeners. What only some of them have is imported for those alone. */
export function listenersValue({ listeners }: GatewayIr, names: Names, writer: ModuleWriter): JsValue {
  const { admin } = listeners;
  return {
    public: listenerValue(listeners.public, names, writer),
    admin: admin === undefined ? new JsExpression("undefined") : listenerValue(admin, names, writer),
  };
}

function listenerValue(listener: ListenerIr, names: Names, writer: ModuleWriter): JsValue {
  const { host, names: ownNames, trustedProxies, forwardedBy, writtenFields, keptFields, claims, bounds, limits } = listener;
  return {
    host: host ?? new JsExpression("undefined"),
    port: portValue(listener, names, writer),
    names: ownNames === undefined ? undefined : [...ownNames],
    trustedProxies: blocksOf(trustedProxies),
    forwardedBy,
    writtenFields: writtenFields === undefined ? undefined : [...writtenFields],
    keptFields: keptFields === undefined ? undefined : [...keptFields],
    claims: claims === undefined ? undefined : inFilledLines(claims),
    socket: socketValue(listener, writer),
    limits: limits === undefined ? undefined : numbers(limits, names, writer),
    bounds: bounds === undefined ? undefined : numbers(bounds, names, writer),
    entrance: entranceValue(listener, names, writer),
    access: listener.access === undefined ? undefined : names.config(listener.access, [], writer),
    secure: listener.secure === undefined ? undefined : names.config(listener.secure, [], writer),
  };
}

/** A long list of short words without white space: one a line would fill a page, and quotes around each a fifth of it. */
function inFilledLines(words: readonly string[]): JsExpression {
  const lines: string[] = [];
  for (const word of words) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length > 100) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  const texts = lines.map((line, index) => jsString(index < lines.length - 1 ? `${line} ` : line));
  return new JsExpression(`[\n      ${texts.join(",\n      ")},\n    ].join("").split(" ")`);
}

function portValue({ port = 0 }: ListenerIr, names: Names, writer: ModuleWriter): JsValue {
  return typeof port === "number" ? port : names.number(port, writer);
}

function socketValue({ socket, trustedProxies }: ListenerIr, writer: ModuleWriter): JsValue {
  if (socket === undefined) return undefined;
  return made("process/unix-socket", "createUnixSocket", { ...socket, isTrusted: trustedProxies.includes("unix") }, 4, writer);
}

function entranceValue(listener: ListenerIr, names: Names, writer: ModuleWriter): JsValue {
  const { handshake, proxyProtocol, tls, http2 } = listener;
  if (handshake === undefined) return undefined;
  const config: JsValue = {
    handshakeMs: typeof handshake === "number" ? handshake : names.number(handshake, writer),
    proxyProtocol:
      proxyProtocol === undefined
        ? undefined
        : made(
            "listener/proxy-protocol",
            "createProxyProtocol",
            { from: blocksOf(proxyProtocol), fromUnix: proxyProtocol.includes("unix") },
            6,
            writer,
          ),
    tls: tls === undefined ? undefined : names.resource(resourceRef("tls", tls.name), writer),
    http2: http2 === undefined ? undefined : made("http2/index", "createHttp2", { ...http2 }, 6, writer),
  };
  return made("listener/entrance", "createEntrance", config, 4, writer);
}

const blocksOf = (peers: readonly string[]): string[] => peers.filter((peer) => peer !== "unix");

/** `indent`: columns in front of the line that it stands in. */
const made = (module: string, factory: string, config: JsValue, indent: number, writer: ModuleWriter): JsExpression =>
  new JsExpression(`/* @__PURE__ */ ${writer.fromRuntime(module, factory)}(${jsValue(config, 60, indent)})`);
