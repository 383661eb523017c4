import { createGzip } from "node:zlib";

// A Node whose engines of zlib cannot be used for one body after the other.
const gzip = createGzip();
delete Object.getPrototypeOf(gzip._handle).reset;
gzip.destroy();
