// Proxies that Node users run today, as their documentation shows them, and what this project had before: node:http with
// undici's dispatcher and a raw handler. Usage: node-peer.mjs KIND PORT-OF-SERVICE
import http from "node:http";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.BENCH_PEERS}/peers.js`);
const [kind, servicePort] = process.argv.slice(2);
const service = `http://127.0.0.1:${servicePort}`;
const pool = { connections: 128, pipelining: 1 };
const listen = (server) => server.listen(0, "127.0.0.1", () => process.send(server.address().port));

const kinds = {
  async "@fastify/http-proxy"() {
    const app = require("fastify")();
    app.register(require("@fastify/http-proxy"), { upstream: service, undici: pool });
    await app.listen({ port: 0, host: "127.0.0.1" });
    process.send(app.server.address().port);
  },
  "fast-proxy"() {
    const { proxy } = require("fast-proxy")({ base: service, undici: pool });
    listen(http.createServer((request, response) => proxy(request, response, request.url, {})));
  },
  "http-proxy"() {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 128 });
    const proxy = require("http-proxy").createProxyServer({ target: service, agent });
    listen(http.createServer((request, response) => proxy.web(request, response)));
  },
  "node:http + undici"() {
    const { Pool } = require("undici");
    const dispatcher = new Pool(service, pool);
    const isHop = (name) => name === "connection" || name === "keep-alive" || name === "transfer-encoding";
    class Handler {
      #response;
      #left = -1;
      #isEnded = false;
      constructor(response) {
        this.#response = response;
      }
      onConnect() {}
      onError() {
        this.#response.destroy();
      }
      onHeaders(status, raw) {
        const fields = [];
        for (let index = 0; index < raw.length; index += 2) {
          const name = raw[index].toString("latin1");
          const lower = name.toLowerCase();
          if (isHop(lower)) continue;
          const value = raw[index + 1].toString("latin1");
          if (lower === "content-length") this.#left = Number(value);
          fields.push(name, value);
        }
        this.#response.writeHead(status, fields);
        return true;
      }
      onData(chunk) {
        this.#left -= chunk.length;
        if (this.#left !== 0) return this.#response.write(chunk);
        this.#isEnded = true;
        this.#response.end(chunk);
        return true;
      }
      onComplete() {
        if (!this.#isEnded) this.#response.end();
      }
    }
    listen(
      http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
        const headers = [];
        const { rawHeaders } = request;
        for (let index = 0; index < rawHeaders.length; index += 2)
          if (rawHeaders[index].toLowerCase() !== "connection") headers.push(rawHeaders[index], rawHeaders[index + 1]);
        dispatcher.dispatch({ path: request.url, method: request.method, headers }, new Handler(response));
      }),
    );
  },
};

await kinds[kind]();
