import { createServer } from "node:http";

/** The service: it trusts whatever reaches it. Takes a free port of the loopback interface. */
export async function startOrders() {
  const orders = [{ id: 1, item: "teapot", quantity: 2 }];
  const server = createServer(async (request, response) => {
    const send = (status, body) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    if (request.method === "GET") return send(200, request.url === "/health" ? {} : orders);
    if (request.method === "DELETE") return response.writeHead(204).end();
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const order = { id: orders.length + 1, ...JSON.parse(Buffer.concat(chunks).toString("utf8")) };
    orders.push(order);
    send(201, order);
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
