/**
 * What is used of `node:http`, taken without importing it: an import reads every export, and reading one of them
 * (`WebSocket`) loads a whole HTTP client that nothing here uses, which costs each start a fifth of its time. Types are
 * imported as usual.
 */
export const { Agent, createServer, request, validateHeaderValue } = process.getBuiltinModule('node:http');
