import type { StartValueIr } from "../../ir/config.ts";
import type { GatewayIr } from "../../ir/gateway.ts";
import type { ListenerIr } from "../../ir/listener.ts";
import { settingPattern } from "../../text/setting.ts";

/** A small image that runs the bundle as a user without rights. No text of the configuration becomes an instruction. */
export function dockerfile(ir: GatewayIr): string {
  const { public: open, admin } = ir.listeners;
  const ports = [open, admin].flatMap((listener) =>
    typeof listener?.port === "number" && listener.port > 0 ? [listener.port] : [],
  );
  const health = admin === undefined ? undefined : healthCheck(admin);
  return [
    "FROM node:24-alpine",
    `LABEL org.opencontainers.image.title=${JSON.stringify(ir.name)}`,
    "ENV NODE_ENV=production",
    "WORKDIR /gateway",
    "COPY gateway.mjs gateway.mjs.map ./",
    "USER node",
    ...(ports.length === 0 ? [] : [`EXPOSE ${ports.join(" ")}`]),
    ...(health === undefined
      ? []
      : [`HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ${JSON.stringify(["node", "-e", health])}`]),
    `CMD ${JSON.stringify(["node", "--enable-source-maps", "--disallow-code-generation-from-strings", "gateway.mjs"])}`,
    "",
  ].join("\n");
}

/** Only what the image copies is sent to the builder. */
export const dockerignore = "*\n!gateway.mjs\n!gateway.mjs.map\n";

/** A program that exits with 0 when `/healthz` answers well. Undefined where the port is not known before the start. */
function healthCheck({ host, port = 0, socket, isSecure }: ListenerIr): string | undefined {
  if (socket !== undefined) return asking(isSecure === true, `socketPath: ${JSON.stringify(socket)}`);
  if (port === 0) return undefined;
  const anyAddress = host === undefined || host === "0.0.0.0" || host === "::";
  const name = anyAddress ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  if (isSecure === true)
    return asking(true, `host: ${JSON.stringify(anyAddress ? "127.0.0.1" : host)}, port: ${portExpression(port)}`);
  const url = `${JSON.stringify(`http://${name}:`)} + ${portExpression(port)} + "/healthz"`;
  return `fetch(${url}).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))`;
}

/** Whose certificate it is does not matter here: whatever answers is in the same container. */
function asking(isSecure: boolean, where: string): string {
  const options = `{ ${where}, path: "/healthz"${isSecure ? ", rejectUnauthorized: false" : ""} }`;
  return `require("${isSecure ? "https" : "http"}").get(${options}, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on("error", () => process.exit(1))`;
}

function portExpression(port: number | StartValueIr): string {
  if (typeof port === "number") return JSON.stringify(String(port));
  if (port.kind === "secret") {
    return "env" in port.from
      ? `process.env[${JSON.stringify(port.from.env)}]`
      : `require("fs").readFileSync(${JSON.stringify(port.from.file)}, "utf8").trim()`;
  }
  // Text, names of variables and their defaults take turns.
  const parts = port.template.split(settingPattern);
  const texts = parts.map((part, index) => {
    if (index % 3 === 0) return JSON.stringify(part);
    const fallback = parts[index + 1];
    if (index % 3 === 2) return undefined;
    const variable = `process.env[${JSON.stringify(part)}]`;
    return fallback === undefined ? variable : `(${variable} || ${JSON.stringify(fallback)})`;
  });
  return texts.filter((text) => text !== undefined).join(" + ");
}
