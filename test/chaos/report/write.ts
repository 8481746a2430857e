/** A run's report as files: a page, its picture alone, and everything that was recorded, to be judged again. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../conductor.ts';
import type { Span } from '../history.ts';
import { isDisaster } from '../judge/fitness.ts';
import type { Verdict } from '../judge/verdict.ts';
import { page, type RunFacts } from './page.ts';
import { timeline } from './timeline.ts';

export const REPORTS = join(import.meta.dirname, '..', '..', '..', '.cache', 'chaos');

/** At once: whatever may go wrong with judging, what took an hour to happen is kept. */
export function writeHistory(dir: string, outcome: Outcome): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'history.json'), JSON.stringify(outcome));
}

/** Answers the path of the page. */
export function writeReport(dir: string, verdict: Verdict, facts: RunFacts): string {
  mkdirSync(dir, { recursive: true });
  const title = `Who led when: ${facts.minutes} minutes of chaos, seed ${facts.seed}`;
  const svg = timeline(verdict.elections, { title, secondsPerLine: facts.minutes > 10 ? 120 : 60 });
  const path = join(dir, 'index.html');
  const excerpt = { title: `A minute of it, seed ${facts.seed}`, secondsPerLine: 60, part: worstMinute(verdict) };
  writeFileSync(join(dir, 'minute.svg'), timeline(verdict.elections, excerpt));
  writeFileSync(join(dir, 'timeline.svg'), svg);
  writeFileSync(path, page(verdict, facts, svg));
  return path;
}

/** Around a disaster, the gravest that there was: everything else happens all the time. */
function worstMinute({ elections }: Verdict): Span {
  const first = elections[0]?.history;
  const strikes = first?.strikes.filter(isDisaster) ?? [];
  const worst = strikes.find(({ kind }) => kind === 'etcd restored') ?? strikes[0];
  const fromMs = Math.max(first?.fromMs ?? 0, (worst?.fromMs ?? 0) - 30_000);
  return { fromMs, toMs: fromMs + 60_000 };
}
