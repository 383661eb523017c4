import { createServer } from "node:http";

/**
 * The services behind the gateway, small enough to read: orders and products live in memory, the old shop says what it
 * was asked. Each takes a free port of the loopback interface.
 */
export async function startServices() {
  const orders = ordersService();
  // Two endpoints of one service; they share their orders as two processes would share a database.
  const servers = await Promise.all([listen(orders), listen(orders), listen(catalogService()), listen(legacyService())]);
  const [ORDERS_URL_1, ORDERS_URL_2, CATALOG_URL, LEGACY_URL] = servers.map(
    (server) => `http://127.0.0.1:${server.address().port}`,
  );
  return {
    /** What gateway.yaml reads as ${env:…}. */
    environment: { ORDERS_URL_1, ORDERS_URL_2, CATALOG_URL, LEGACY_URL },
    close() {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function ordersService() {
  const orders = [];
  return async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://service");
    if (pathname === "/orders" && request.method === "POST") {
      const { item, quantity } = await json(request);
      const order = { id: String(orders.length + 1), item, quantity, state: "open", createdAt: new Date().toISOString() };
      orders.push(order);
      return answer(response, 201, order, { Location: `/v2/orders/${order.id}` });
    }
    if (pathname === "/orders")
      return answer(response, 200, orders.toReversed().slice(0, Number(searchParams.get("limit") ?? 20)));
    if (pathname === "/orders/report.csv") {
      const rows = orders.map(({ id, item, quantity, state }) => `${id},${JSON.stringify(item)},${quantity},${state}\n`);
      response.writeHead(200, { "Content-Type": "text/csv" });
      return response.end(`id,item,quantity,state\n${rows.join("")}`);
    }
    if (pathname === "/orders/report.json") return answer(response, 200, { orders: orders.length });
    const [, id, action] = /^\/orders\/(\d+)(:cancel)?$/.exec(pathname) ?? [];
    const order = orders.find((candidate) => candidate.id === id);
    if (order === undefined) return answer(response, 404, { title: "No such order" });
    if (action === undefined) return answer(response, 200, order);
    if (order.state === "cancelled") return answer(response, 409, { title: "Already cancelled" });
    order.state = "cancelled";
    return answer(response, 200, order);
  };
}

function catalogService() {
  const products = [
    { id: "teapot", name: "Teapot, short and stout", cents: 2900 },
    { id: "cup", name: "Cup with two handles", cents: 1250 },
  ];
  return async (request, response) => {
    const [, id, price] = /^\/products\/([^/]+)(\/price)?$/.exec(request.url) ?? [];
    if (id === undefined) {
      const withPrices = request.headers["api-version"] !== "v1";
      return answer(response, 200, withPrices ? products : products.map(({ id, name }) => ({ id, name })));
    }
    const product = products.find((candidate) => candidate.id === id);
    if (product === undefined) return answer(response, 404, { title: "No such product" });
    if (price !== undefined) product.cents = (await json(request)).cents;
    return answer(response, 200, product);
  };
}

/** Answers with what it saw, which shows what the gateway changed. */
function legacyService() {
  return async (request, response) => {
    const { method, url, headers } = request;
    answer(
      response,
      200,
      { page: "the old shop", saw: { method, url, headers } },
      { "X-Old-Page": "1", "X-Powered-By": "habit" },
    );
  };
}

function listen(handle) {
  const server = createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error) => answer(response, 400, { title: error.message }));
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

async function json(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function answer(response, status, body, headers = {}) {
  response.writeHead(status, { "Content-Type": "application/json", ...headers });
  response.end(`${JSON.stringify(body)}\n`);
}
