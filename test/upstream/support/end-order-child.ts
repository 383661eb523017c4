import { connect } from "node:http2";
import { type AddressInfo, createServer } from "node:net";
import { EndOrder } from "../../../runtime/upstream/http2/end-order.ts";

/** Fields that are refused halfway, and then an error of the connection. */
const malformed = Buffer.from(
  "00000004000000000000002f01050000000100073a7374617475730332303000117472616e736665722d656e636f64696e67076368756e6b65640003782d61010000001401040000000300073a737461747573033230300003782d61010000000502000000000121f6c7784b",
  "hex",
);

const server = createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", () => {});
  socket.write(malformed, () => setTimeout(() => socket.destroy(), 3));
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
let garbage: unknown[] = [];
for (let count = 0; count < 400; count++) {
  await new Promise<void>((resolve) => {
    const session = connect(`http://127.0.0.1:${port}`);
    session.on("error", () => {});
    session.on("close", () => resolve());
    setTimeout(() => session.destroy(), 12);
    const stream = session.request({ ":path": "/" });
    stream.on("error", () => {});
    stream.resume();
    session.on("connect", () => {
      if (process.argv[2] !== "with") return;
      const order = new EndOrder(session);
      order.streamFirst(order.handleOf(stream));
    });
  });
  garbage = Array.from({ length: 3_000 }, (_, index) => ({ index, list: [index] }));
}
server.close();
process.stdout.write(`${garbage.length > 0 ? "lives" : ""}\n`);
