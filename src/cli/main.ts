#!/usr/bin/env node
/**
 * Where the process begins and ends. It imports nothing before it knows that this Node can run the rest: on an older one
 * the first import would fail with a stack trace instead of one clear line. Only here are arguments and environment
 * taken from the process; only here does it exit.
 */
export {};

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(`elector needs Node 22.19 or newer, this is ${process.versions.node}: update Node\n`);
  process.exit(1);
}

const { run } = await import('./run.ts');
process.exit(await run(process.argv.slice(2), process.env, (code) => process.exit(code)));
