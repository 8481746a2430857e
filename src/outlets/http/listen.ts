/** Where to listen, as Go does for the same text, and what to say when that fails. */
import { lookup } from 'node:dns/promises';
import type { Server } from 'node:http';
import { type AddressInfo, isIP } from 'node:net';
import { describeError, ElectorError } from '../../errors.ts';

export interface ListenAddress {
  /** An address or a host name, without brackets; empty for all interfaces. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

/** In Go each of these means every interface, in both families where the machine has them. */
const ALL_INTERFACES: ReadonlySet<string> = new Set(['', '0.0.0.0', '::']);
/** What a machine without IPv6 says to an IPv6 address. */
const NO_SUCH_FAMILY: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

export interface Listening {
  readonly servers: readonly Server[];
  readonly port: number;
  /** Why `localhost` is not served on `::1`, though the machine has it. */
  readonly warning: string | null;
}

/** Each server comes from `create`. Rejects with HTTP_LISTEN_FAILED. */
export async function listen(address: ListenAddress, create: () => Server): Promise<Listening> {
  try {
    if (ALL_INTERFACES.has(address.host)) return await onAllInterfaces(address.port, create);
    if (address.host.toLowerCase() === 'localhost') return await onLocalhost(address.port, create);
    const ip = isIP(address.host) !== 0 ? address.host : await resolve(address.host);
    return one(await bind(create(), ip, address.port));
  } catch (error) {
    throw listenFailed(address, error);
  }
}

async function onAllInterfaces(port: number, create: () => Server): Promise<Listening> {
  try {
    return one(await bind(create(), '::', port));
  } catch (error) {
    if (!NO_SUCH_FAMILY.has(codeOf(error))) throw error;
    return one(await bind(create(), '0.0.0.0', port));
  }
}

/** Clients of today try `::1` first; Go listens on `127.0.0.1` alone, so that one decides. */
async function onLocalhost(port: number, create: () => Server): Promise<Listening> {
  const first = await bind(create(), '127.0.0.1', port);
  const { port: chosen } = one(first);
  try {
    return { servers: [first, await bind(create(), '::1', chosen)], port: chosen, warning: null };
  } catch (error) {
    return { ...one(first), warning: NO_SUCH_FAMILY.has(codeOf(error)) ? null : describeError(error) };
  }
}

/** A name stands for one address, IPv4 where it has one, as in Go. */
async function resolve(host: string): Promise<string> {
  const addresses = await lookup(host, { all: true, order: 'ipv4first' });
  return addresses[0]?.address ?? host;
}

function bind(server: Server, host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}

function one(server: Server): Listening {
  return { servers: [server], port: (server.address() as AddressInfo).port, warning: null };
}

function listenFailed({ host, port }: ListenAddress, cause: unknown): ElectorError {
  const reason = codeOf(cause);
  const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const message = `cannot listen on ${address}: ${describeError(cause)}; ${advice(reason)}`;
  return new ElectorError('HTTP_LISTEN_FAILED', message, { reason, cause });
}

function advice(reason: string): string {
  switch (reason) {
    case 'EADDRINUSE':
      return 'another process has this port: choose another one with -http, or end that process';
    case 'EACCES':
      return 'this user may not bind the port: choose one from 1024 on with -http';
    case 'EADDRNOTAVAIL':
      return 'no interface of this machine has the address: use -http=:PORT for all interfaces';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve: use an address, or -http=:PORT for all interfaces';
    default:
      return 'choose another address with -http';
  }
}

function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? code : '';
}
