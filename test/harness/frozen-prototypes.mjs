// Freezes what every object inherits from. Whoever writes to a name that came from outside on a plain object, and meets
// one that it inherits, fails then (ECMA-262 §10.1.9.2), and a prototype that every API of the gateway shares stays as it is.
for (const shared of [Object, Array, Function, String, Number, Boolean, Map, Set, Promise, RegExp, Error, Date]) {
  // The client of Redis makes errors without a stack: it sets `Error.stackTraceLimit`, and puts it back. That of HTTP gives
  // errors a name by assignment, which they inherit.
  if (shared === Error) continue;
  Object.freeze(shared);
  Object.freeze(shared.prototype);
}
