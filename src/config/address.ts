/**
 * `host:port`, the way Go writes listening addresses. Only the text is judged: nothing is resolved or bound here.
 */
import { isIP, isIPv4, isIPv6 } from 'node:net';
import { accept, type Parsed, refuse } from './parsed.ts';

export interface HostPort {
  /** An address or a host name, without brackets; empty for all interfaces. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
}

const EXPECTED = 'host:port such as :5002, 127.0.0.1:5002, [::1]:5002 or localhost:5002';
const HIGHEST_PORT = 65_535;

/** A host name has 253 characters at most. Beyond, there is nothing to advise. */
const LONGEST_TEXT = 300;

export function parseHostPort(text: string): Parsed<HostPort> {
  if (text.length > LONGEST_TEXT) return refuse(EXPECTED, text);
  const colon = text.lastIndexOf(':');
  const host = text.slice(0, Math.max(0, colon));
  const port = text.slice(colon + 1);
  if (colon < 0 || !isHost(host) || !isPort(port)) return refuse(EXPECTED, text, advice(text, host, port));
  return accept({ host: host.startsWith('[') ? host.slice(1, -1) : host, port: Number(port) });
}

function isHost(host: string): boolean {
  if (host === '' || isIPv4(host)) return true;
  if (host.startsWith('[') && host.endsWith(']')) return isIP(host.slice(1, -1)) !== 0;
  return isHostName(host);
}

/** The last label of a host name is not a number: what looks like an address and is none is a slip. */
function isHostName(host: string): boolean {
  return (
    host.length <= 253 &&
    /^([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9_])?\.)*[a-z_]([-a-z0-9_]{0,61}[a-z0-9_])?\.?$/i.test(host)
  );
}

function isPort(port: string): boolean {
  return /^\d{1,5}$/.test(port) && Number(port) <= HIGHEST_PORT;
}

function advice(text: string, host: string, port: string): string {
  if (text.includes('://')) {
    const rest = text.slice(text.indexOf('://') + 3).replace(/[/?#].*$/s, '');
    return parseHostPort(rest).ok ? `write ${JSON.stringify(rest)}` : 'write host:port, no URL';
  }
  if (isPort(text)) return `write ":${text}" for all interfaces`;
  if (isIPv6(text)) return `write "[${text}]:5002"`;
  if (text !== '' && !text.includes(':') && isHost(text)) return `write "${text}:5002"`;
  if (isIPv6(host) && isPort(port)) return `write "[${host}]:${port}"`;
  if (text.includes(':') && isHost(host) && !isPort(port)) return `the port must be a number from 0 to ${HIGHEST_PORT}`;
  return '';
}
