// The caches that are judged, each in front of one origin server, as their own documentation sets up a plain reverse proxy
// that keeps what it may.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, writeFiles } from "../../bench/support.mjs";

/** First line of what a command says, on either stream. */
const firstLine = (command, ...args) =>
  execFileSync("sh", ["-c", '"$0" "$@" 2>&1 | head -n 1', command, ...args], { encoding: "utf8" }).trim();

/** Others than their first user write there, when they run as root. */
function openFolder(folder, ...names) {
  for (const name of ["", ...names]) {
    mkdirSync(join(folder, name), { recursive: true });
    chmodSync(join(folder, name), 0o777);
  }
}

/** By name: the program and the Debian package that has it, its version, and the command for a folder, a port and an origin port. */
export const caches = {
  Gatewright: {
    program: process.execPath,
    version: () => `the checkout, on Node ${process.versions.node}`,
    command(folder, port, origin) {
      writeFiles(folder, {
        "gateway.yaml": `gateway: judged
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: ${port} } }
services: { backend: { endpoints: ["http://127.0.0.1:${origin}"] } }
routes:
  all:
    match: { path: "/**" }
    service: backend
    policies:
      public: judged
      cache: { guessFreshness: true, staleIfError: 10m, targets: [CDN-Cache-Control], keepCookies: judged, keepRefusals: judged, languages: [de, en, fr] }
`,
      });
      build(folder, join(folder, "out"));
      return [join(folder, "out/gateway.mjs"), "--workers", "1"];
    },
  },
  nginx: {
    program: "nginx",
    package: "nginx-light",
    version: () => firstLine("nginx", "-v"),
    command(folder, port, origin) {
      openFolder(folder, "cache");
      writeFileSync(
        join(folder, "nginx.conf"),
        `daemon off; pid nginx.pid; error_log error.log; events {}
http {
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path cache levels=1:2 keys_zone=one:8m max_size=1000m inactive=600m;
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://127.0.0.1:${origin}; proxy_cache one; proxy_cache_revalidate on; }
  }
}
`,
      );
      return ["-c", join(folder, "nginx.conf"), "-p", folder];
    },
  },
  Varnish: {
    program: "varnishd",
    package: "varnish",
    version: () => firstLine("varnishd", "-V"),
    command(folder, port, origin) {
      openFolder(folder);
      // By default it keeps for two minutes what does not say how long, and the suite then tries little else.
      return `-F -n ${folder}/work -a 127.0.0.1:${port} -b 127.0.0.1:${origin} -s malloc,64m -p default_ttl=0`.split(" ");
    },
  },
  ATS: {
    program: "traffic_server",
    package: "trafficserver",
    version: () => firstLine("traffic_server", "-V"),
    command(folder, port, origin) {
      const root = join(folder, "root");
      execFileSync("traffic_layout", ["init", "--force", "--copy-style", "hard", "--path", root], { stdio: "ignore" });
      const text = execFileSync("traffic_layout", ["info", "--run-root", root], { encoding: "utf8" });
      const settings = /^SYSCONFDIR: (.*)$/m.exec(text)[1];
      writeFiles(settings, {
        "records.config": `CONFIG proxy.config.http.server_ports STRING ${port}
CONFIG proxy.config.admin.user_id STRING #-1
CONFIG proxy.config.http.cache.http INT 1
CONFIG proxy.config.http.cache.required_headers INT 2
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 0
CONFIG proxy.config.log.logging_enabled INT 0
`,
        "remap.config": `map / http://127.0.0.1:${origin}/\n`,
        "storage.config": `${folder}/cache 64M\n`,
      });
      openFolder(folder, "cache");
      return ["--run-root", root];
    },
  },
  Squid: {
    program: "squid",
    package: "squid",
    version: () => firstLine("squid", "-v"),
    command(folder, port, origin) {
      openFolder(folder);
      writeFileSync(
        join(folder, "squid.conf"),
        `http_port 127.0.0.1:${port} accel defaultsite=localhost no-vhost
cache_peer 127.0.0.1 parent ${origin} 0 no-query no-digest originserver default name=origin
cache_peer_access origin allow all
http_access allow all
cache_mem 64 MB
pid_filename none
access_log none
cache_log ${folder}/cache.log
coredump_dir ${folder}
shutdown_lifetime 1 second
`,
      );
      return ["-N", "-f", join(folder, "squid.conf")];
    },
  },
  httpd: {
    program: "apache2",
    package: "apache2-bin",
    version: () => firstLine("apache2", "-v"),
    command(folder, port, origin) {
      openFolder(folder, "cache");
      const modules = ["mpm_event", "authz_core", "proxy", "proxy_http", "cache", "cache_disk"];
      writeFileSync(
        join(folder, "httpd.conf"),
        `ServerRoot ${folder}
${modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`).join("\n")}
ServerName localhost
Listen 127.0.0.1:${port}
User www-data
Group www-data
PidFile ${folder}/httpd.pid
ErrorLog ${folder}/error.log
DefaultRuntimeDir ${folder}
ProxyPass "/" "http://127.0.0.1:${origin}/"
CacheEnable disk /
CacheRoot ${folder}/cache
CacheDirLevels 2
CacheDirLength 1
CacheDefaultExpire 0
CacheIgnoreNoLastMod On
CacheStoreExpired On
UseCanonicalName On
`,
      );
      return ["-X", "-f", join(folder, "httpd.conf")];
    },
  },
};
