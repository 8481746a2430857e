/**
 * Looks for two leaders at a time, in everything that was measured. Twice: in the answers, as a client sees it, and in
 * what the processes wrote about themselves, on the clock that they share.
 */
import type { Fleet, Yes } from './fleet.ts';

export class Overlaps {
  /** One sentence each. */
  readonly found: string[] = [];
  handOvers = 0;
  terms = 0;

  /**
   * After a hand-over, with the winner's first answer "I lead": nobody else may have said so to a request that was sent
   * after it was received. `fleet.yes` holds the answers of this hand-over alone.
   */
  checkAnswers(fleet: Fleet, first: Yes): void {
    this.handOvers += 1;
    const late = fleet.yes.find((it) => it.candidate !== first.candidate && it.sentAtMs > first.receivedAtMs);
    if (late === undefined) return;
    const lateByMs = (late.sentAtMs - first.receivedAtMs).toFixed(1);
    this.found.push(`${late.candidate.id} answered true ${lateByMs} ms after ${first.candidate.id} first did`);
  }

  /** At the end of a fleet: no two of its terms share an instant. */
  checkTerms(fleet: Fleet): void {
    const terms = [...fleet.terms].sort((a, b) => a.fromMs - b.fromMs);
    this.terms += terms.length;
    for (const [index, term] of terms.entries()) {
      const next = terms[index + 1];
      if (next === undefined || next.fromMs >= term.toMs) continue;
      const byMs = (term.toMs - next.fromMs).toFixed(1);
      this.found.push(`${next.candidate} began ${byMs} ms before ${term.candidate} ended, by their logs`);
    }
  }
}
