import { EventEmitter } from "node:events";

// A Node whose HTTP/2 does not give fields as they came.
const { emit } = EventEmitter.prototype;
EventEmitter.prototype.emit = function (name, ...values) {
  const isHttp2 = name === "stream" || name === "response";
  return emit.call(this, name, ...(isHttp2 ? values.slice(0, name === "stream" ? 3 : 2) : values));
};
