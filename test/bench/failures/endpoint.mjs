// One endpoint of the service under failures, as a process: `endpoint.mjs {"name":"a","port":0,"latency":20}`. Its parent sets
// its mood, asks how many requests came and when, stops it (SIGSTOP), kills it and starts it again at the same port, which is
// one of 127.0.0.2: the connections of a run take theirs from those of 127.0.0.1.
import { createServer } from "node:net";

const { name, port, latency } = JSON.parse(process.argv[2]);
const body = "x".repeat(400);
const head = (status, length) =>
  `HTTP/1.1 ${status}\r\nContent-Type: text/plain\r\nX-Endpoint: ${name}\r\nContent-Length: ${length}\r\n\r\n`;
const whole = head("200 OK", body.length) + body;
const failure = head("500 Internal Server Error", 0);

/** What becomes of a request. `reset`: the connection, at once; `cut`: in the middle of the answer. */
let mood = "good";
/** Requests by tenth of a second since 1970: the clock that all processes of a run share. */
const arrivals = new Map();

const answers = {
  good: (socket) => void setTimeout(() => socket.write(whole), latency),
  slow: (socket) => void setTimeout(() => socket.write(whole), latency * 100),
  failing: (socket) => void setTimeout(() => socket.write(failure), 1),
  reset: (socket) => socket.resetAndDestroy(),
  cut: (socket) =>
    void setTimeout(() => {
      socket.write(head("200 OK", body.length) + body.slice(0, 100));
      setTimeout(() => socket.resetAndDestroy(), 2);
    }, latency),
};

/** Checks are answered well by an endpoint that fails its requests, so that these have to show it. */
const checkAnswers = { ...answers, good: (socket) => socket.write(whole), failing: (socket) => socket.write(whole) };
checkAnswers.cut = checkAnswers.good;

createServer({ noDelay: true }, (socket) => {
  let text = "";
  socket.on("error", () => {});
  socket.on("data", (bytes) => {
    text += bytes.latin1Slice();
    for (let end = text.indexOf("\r\n\r\n"); end >= 0; end = text.indexOf("\r\n\r\n")) {
      const isCheck = /^\S+ \/healthz /.test(text);
      text = text.slice(end + 4);
      if (!isCheck) count();
      (isCheck ? checkAnswers : answers)[mood](socket);
    }
  });
}).listen({ port, host: "127.0.0.2", backlog: 4096 }, function () {
  process.send({ port: this.address().port });
});

function count() {
  const tenth = Math.floor((performance.timeOrigin + performance.now()) / 100);
  arrivals.set(tenth, (arrivals.get(tenth) ?? 0) + 1);
}

process.on("message", (message) => {
  if (message.mood !== undefined) mood = message.mood;
  if (message.arrivals === true) process.send({ arrivals: [...arrivals] });
});
process.on("disconnect", () => process.exit(0));
