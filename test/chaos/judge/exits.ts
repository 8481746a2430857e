/** Did every process of ours end as it was asked to? Go electors have their own ways, which are not ours to judge. */
import { type ElectionHistory, isOurs } from '../history.ts';

/** One sentence each. */
export function wrongExits({ lives }: Pick<ElectionHistory, 'lives'>): readonly string[] {
  return lives.flatMap(({ process, program, exit }) => {
    if (exit === null || !isOurs(program) || exit.asked === 'SIGKILL') return [];
    if (exit.asked === null) return [`${process} ended unasked with code ${exit.code}: ${exit.lastLine}`];
    return exit.code === 0 ? [] : [`${process} exited with code ${exit.code} on SIGTERM: ${exit.lastLine}`];
  });
}
