// A yardstick: bytes passed on between two sockets as streams of Node do it, nothing parsed. Usage: tunnel.mjs PORT-OF-SERVICE
import { connect, createServer } from "node:net";

const servicePort = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (client) => {
  const service = connect({ port: servicePort, host: "127.0.0.1", noDelay: true });
  client.on("data", (bytes) => service.write(bytes)).on("close", () => service.destroy());
  service.on("data", (bytes) => client.write(bytes)).on("close", () => client.destroy());
  for (const socket of [client, service]) socket.on("error", () => socket.destroy());
});
server.listen(0, "127.0.0.1", () => process.send(server.address().port));
process.on("SIGTERM", () => process.exit(0));
