/**
 * Did the fenced resource ever accept an older token after a newer one, and do tokens order the leaders? Judged from the
 * ledger alone, with no regard to why the resource accepted what it did.
 */
import { compareTokens, type ElectionHistory } from '../history.ts';
import type { Violation } from './overlaps.ts';

export interface FencingReport {
  readonly accepted: number;
  /** Refused by the resource. */
  readonly refused: number;
  readonly tokens: number;
  readonly violations: readonly Violation[];
}

export function fencingIn({ name, fenced }: ElectionHistory): FencingReport {
  const violations: Violation[] = [];
  const found = (atMs: number, what: string) => violations.push({ election: name, atMs, what, exempt: null });
  const owners = new Map<string, string>();
  let newest = { epoch: -1, token: '', process: '' };
  for (const row of [...fenced].sort((one, other) => one.firstReceivedMs - other.firstReceivedMs)) {
    const key = `${row.epoch} ${row.token}`;
    const owner = owners.get(key) ?? row.process;
    owners.set(key, owner);
    if (owner !== row.process) found(row.firstReceivedMs, `${row.process} and ${owner} have one token, ${row.token}`);
    if (!row.accepted) continue;
    if (row.epoch === newest.epoch && compareTokens(row.token, newest.token) < 0) {
      const than = `${newest.token} of ${newest.process}`;
      found(row.firstReceivedMs, `a write of ${row.process} with token ${row.token} was accepted after ${than}`);
    } else newest = row;
  }
  const count = (accepted: boolean) =>
    fenced.filter((row) => row.accepted === accepted).reduce((sum, { writes }) => sum + writes, 0);
  return { accepted: count(true), refused: count(false), tokens: owners.size, violations };
}
