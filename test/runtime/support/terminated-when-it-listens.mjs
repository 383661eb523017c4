import cluster from "node:cluster";
import { Server } from "node:net";

// Preloaded into a gateway: SIGTERM comes while it opens its first listener, before anybody was told that it serves. Where
// TERMINATES says so, it is a worker that listens, and its primary that gets the signal.
const { listen } = Server.prototype;
const isFromWorker = process.env.TERMINATES === "primary";
let isFirst = true;
Server.prototype.listen = function (...values) {
  if (isFirst && cluster.isWorker === isFromWorker) process.kill(isFromWorker ? process.ppid : process.pid, "SIGTERM");
  isFirst = false;
  return listen.apply(this, values);
};
