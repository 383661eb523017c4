import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

// Says which permissions a file had before it was given others.
const { chmodSync, statSync } = fs;
fs.chmodSync = (path, mode) => {
  process.stdout.write(`mode of ${path} before chmod: ${(statSync(path).mode & 0o777).toString(8)}\n`);
  chmodSync(path, mode);
};
syncBuiltinESMExports();
