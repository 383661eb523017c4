// Gateways before three endpoints, each with what its documentation has for endpoints that fail, and with the same numbers:
// three attempts of a second, five seconds for all of them together, an endpoint ejected for ten seconds after five failures
// in a row, checks each five seconds of which three bad ones put it out and two good ones back. Nothing is tuned to an event.
import { buildGateway, startGateway } from "../data-plane/gateways.mjs";
import { launchEnvoy } from "../data-plane/native-peers.mjs";
import { launchHaproxy, launchNginx } from "../data-plane/peers.mjs";

const ours = (options) => {
  // The endpoints keep their ports through all runs, so it is built once.
  let out;
  return (name, ports) => {
    out ??= buildGateway({
      "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
routes: { all: { match: { path: "/**" }, service: backend, policies: { public: benchmark } } }
services:
  backend:
    endpoints: ${JSON.stringify(ports.map((port) => `http://127.0.0.2:${port}`))}
    timeout: { connect: 1s, response: 5s }
    retry: { attempts: 3, perTry: 1s }
${options}
`,
    });
    return startGateway(name, out, { args: ["--log-level", process.env.BENCH_LOG ?? "error"] });
  };
};
const health = "    health: { active: { path: /healthz, interval: 5s }, passive: { consecutive: 5 } }";

const nginx = (name, ports) =>
  launchNginx(
    name,
    (port) => `error_log stderr crit; upstream service { least_conn; keepalive 256; keepalive_requests 100000000;
  ${ports.map((one) => `server 127.0.0.2:${one} max_fails=5 fail_timeout=10s;`).join("\n  ")} }
server { listen 127.0.0.1:${port} backlog=4096;
  location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_connect_timeout 1s; proxy_read_timeout 1s;
    proxy_next_upstream error timeout invalid_header http_500 http_502 http_503 http_504;
    proxy_next_upstream_tries 3; proxy_next_upstream_timeout 5s; } }`,
  );

const haproxy = (name, ports) =>
  launchHaproxy(
    `  timeout connect 1s
  timeout server 1s
  timeout queue 5s
  http-reuse safe
  retries 2
  option redispatch 1
  retry-on conn-failure empty-response response-timeout junk-response 500 502 503 504`,
    `  balance leastconn
  option httpchk GET /healthz
  default-server check inter 5s fall 3 rise 2 observe layer7 error-limit 5 on-error mark-down
${ports.map((port, index) => `  server endpoint${index} 127.0.0.2:${port}`).join("\n")}`,
  ).then((started) => ({ ...started, name }));

async function envoy(name, ports) {
  const started = await launchEnvoy((port) => envoyConfig(port, ports));
  return started && { ...started, name };
}

const address = (port, host = "127.0.0.2") => ({ socket_address: { address: host, port_value: port } });
const typed = (name, more) => ({ "@type": `type.googleapis.com/envoy.extensions.${name}`, ...more });

function envoyConfig(port, ports) {
  const route = {
    cluster: "backend",
    timeout: "5s",
    retry_policy: {
      retry_on: "5xx,reset,connect-failure,refused-stream",
      num_retries: 2,
      per_try_timeout: "1s",
      retry_host_predicate: [
        {
          name: "envoy.retry_host_predicates.previous_hosts",
          typed_config: typed("retry.host.previous_hosts.v3.PreviousHostsPredicate"),
        },
      ],
      host_selection_retry_max_attempts: 3,
    },
  };
  const manager = typed("filters.network.http_connection_manager.v3.HttpConnectionManager", {
    stat_prefix: "public",
    route_config: { virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route }] }] },
    http_filters: [{ name: "envoy.filters.http.router", typed_config: typed("filters.http.router.v3.Router") }],
  });
  const endpoints = ports.map((one) => ({ endpoint: { address: address(one) } }));
  return {
    static_resources: {
      listeners: [
        {
          name: "public",
          address: address(port, "127.0.0.1"),
          filter_chains: [{ filters: [{ name: "envoy.filters.network.http_connection_manager", typed_config: manager }] }],
        },
      ],
      clusters: [
        {
          name: "backend",
          type: "STATIC",
          connect_timeout: "1s",
          lb_policy: "LEAST_REQUEST",
          load_assignment: { cluster_name: "backend", endpoints: [{ lb_endpoints: endpoints }] },
          // The budget that the gateway of this project has by default.
          circuit_breakers: {
            thresholds: [
              {
                max_connections: 4096,
                max_pending_requests: 4096,
                max_requests: 4096,
                retry_budget: { budget_percent: { value: 20 }, min_retry_concurrency: 10 },
              },
            ],
          },
          outlier_detection: { consecutive_5xx: 5, interval: "1s", base_ejection_time: "10s", max_ejection_percent: 50 },
          health_checks: [
            {
              timeout: "1s",
              interval: "5s",
              unhealthy_threshold: 3,
              healthy_threshold: 2,
              http_health_check: { path: "/healthz" },
            },
          ],
        },
      ],
    },
  };
}

/** By name. `start` resolves to nothing where a program is not there. */
export const subjects = {
  gatewright: ours(`${health}\n    breaker: { errorRate: 50% }`),
  "gatewright + hedge": ours(`${health}\n    breaker: { errorRate: 50% }\n    hedge: { after: p95 }`),
  nginx,
  HAProxy: haproxy,
  Envoy: envoy,
};

/** For a service that is gone as a whole, which a breaker would spare altogether. */
export const withoutBreaker = ours(health);
