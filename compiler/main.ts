#!/usr/bin/env node
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(`gatewright: this is Node ${process.versions.node}; Node 20.19 or later is needed.\n`);
  process.exitCode = 2;
} else {
  // Loaded behind the check: an older Node cannot even read the rest.
  const { run, exit } = await import("./cli.ts");
  const { guardStandardStreams } = await import("./commands/standard-streams.ts");
  let isLost = false;
  guardStandardStreams(() => {
    isLost = true;
    process.exitCode = exit.usage;
  });
  const code = await run(process.argv);
  process.exitCode = isLost && code === exit.ok ? exit.usage : code;
}

export {};
