// What the gateway is compared with, and the service behind all of them.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, scratch, writeFiles } from "../support.mjs";
import { begin, component, freePort, listening, message, run } from "./processes.mjs";

/** Packages of the Node peers; no dependencies of the project. */
const packages = {
  fastify: "5.12.8",
  "@fastify/http-proxy": "11.6.3",
  "fast-proxy": "2.2.0",
  "http-proxy": "1.18.1",
  undici: "7.30.2",
};

const peersFolder = join(root, ".cache/bench-peers");

/** 184 bytes. */
const json =
  '{"id":"ord_123","status":"shipped","total":42.5,"currency":"EUR","items":[{"sku":"A-1","qty":2,"price":10.0},{"sku":"B-7","qty":1,"price":22.5}],"customer":{"id":"cus_9","name":"Ada"}}';

/** As root, workers would run as nobody, who cannot read the scratch folder. */
const asUs = process.getuid() === 0 ? "user root;" : "";

/** One worker with a block of HTTP that `http` writes for its port and folder. */
export async function launchNginx(name, http) {
  const folder = scratch();
  const port = await freePort();
  mkdirSync(join(folder, "temp"));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((kind) => `${kind}_temp_path ${folder}/temp;`);
  writeFileSync(
    join(folder, "nginx.conf"),
    `${asUs} worker_processes 1; daemon off; pid ${folder}/nginx.pid; error_log stderr;
events { worker_connections 4096; }
http { access_log off; keepalive_requests 100000000; keepalive_timeout 3600; ${temporary.join(" ")}
${http(port, folder)} }`,
  );
  const child = begin(await component("nginx"), ["-p", folder, "-e", "stderr", "-c", join(folder, "nginx.conf")]);
  await listening(child, port);
  return { name, child, port, origin: `http://127.0.0.1:${port}` };
}

/** The service: 184 bytes of JSON at every path, files of 16 KB and 1 MB at theirs. */
export const startService = () =>
  launchNginx("service", (port, folder) => {
    writeFiles(folder, { "files/16k": "x".repeat(16_384), "files/100k": "x".repeat(102_400), "files/1m": "x".repeat(1_048_576) });
    return `server { listen 127.0.0.1:${port} backlog=4096;
  location /files/ { root ${folder}; sendfile on; }
  location / { default_type application/json; return 200 '${json}'; } }`;
  });

/** `tls`: paths of certificate and key. */
export async function startNginx(service, tls) {
  const secure =
    tls === undefined ? "" : `ssl_certificate ${tls.certificate}; ssl_certificate_key ${tls.key}; ssl_protocols TLSv1.3;`;
  const proxy = (port) => `upstream service { server 127.0.0.1:${service.port}; keepalive 256; keepalive_requests 100000000; }
server { listen 127.0.0.1:${port} ${tls === undefined ? "" : "ssl http2"} backlog=4096; ${secure}
  location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; } }`;
  const started = await launchNginx("nginx", proxy);
  return tls === undefined ? started : { ...started, origin: `https://127.0.0.1:${started.port}` };
}

export const startHaproxy = (service) =>
  launchHaproxy("  timeout connect 5s\n  timeout server 60s\n  http-reuse always", `  server service 127.0.0.1:${service.port}`);

/** One thread; `defaults` and `backend` are lines of these sections. */
export async function launchHaproxy(defaults, backend) {
  const folder = scratch();
  const port = await freePort();
  const file = join(folder, "haproxy.cfg");
  writeFileSync(
    file,
    `global
  nbthread 1
  maxconn 4096
defaults
  mode http
  timeout client 60s
${defaults}
frontend public
  bind 127.0.0.1:${port}
  default_backend service
backend service
${backend}
`,
  );
  const child = begin(await component("haproxy"), ["-db", "-q", "-f", file]);
  await listening(child, port);
  return { name: "HAProxy", child, port, origin: `http://127.0.0.1:${port}` };
}

/** `kind`: one of those in `node-peer.mjs`. */
export async function startNodePeer(kind, service) {
  await installPeers();
  const child = begin(process.execPath, [join(import.meta.dirname, "node-peer.mjs"), kind, String(service.port)], {
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    env: { ...process.env, NODE_ENV: "production", BENCH_PEERS: peersFolder },
  });
  const port = await message(child);
  return { name: kind, child, port, origin: `http://127.0.0.1:${port}` };
}

async function installPeers() {
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  const mark = join(peersFolder, "installed", wanted.join(" ").replaceAll("/", "+"));
  if (existsSync(mark)) return;
  mkdirSync(join(peersFolder, "installed"), { recursive: true });
  console.log(`installing peers: ${wanted.join(" ")}`);
  await run("npm", ["install", "--no-save", "--no-audit", "--no-fund", "--prefix", peersFolder, ...wanted]);
  writeFileSync(mark, "");
}

export async function printVersions() {
  const first = async (program, ...args) => (await run(await component(program), args)).split("\n")[0];
  const nginxVersion = await first("nginx", "-v");
  const haproxyVersion = await first("haproxy", "-v");
  console.log(`Node ${process.versions.node}; ${nginxVersion.replace("nginx version: ", "")}; ${haproxyVersion.split(" - ")[0]}`);
  console.log(
    Object.entries(packages)
      .map(([name, version]) => `${name} ${version}`)
      .join(", "),
  );
}
