// Opens connections, makes one request on each, and keeps them. Usage: idle-clients.mjs PORT CONNECTIONS
import { connect } from "node:net";

const [port, connections] = process.argv.slice(2).map(Number);
const atOnce = 32;
let begun = 0;
let answered = 0;

function open() {
  begun++;
  const socket = connect(port, "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost: bench\r\n\r\n"));
  socket.on("error", (error) => fail(error.message));
  socket.on("close", () => fail("a connection was closed"));
  socket.once("data", (bytes) => {
    if (!bytes.toString("latin1").startsWith("HTTP/1.1 200 ")) fail(`this answer: ${bytes}`);
    answered++;
    if (begun < connections) open();
    if (answered === connections) process.send("open");
  });
}

function fail(problem) {
  console.error(problem);
  process.exit(1);
}

while (begun < Math.min(atOnce, connections)) open();
