/** The election as it is shipped, and as it would be without some lines of it. */
import { initialState, step } from '../../src/election/election.ts';
import { isLeading } from '../../src/election/view.ts';
import { copySources, type Replacement } from '../support/mutant.ts';
import type { Election } from './setting.ts';

export const shipped: Election = { step, initialState, isLeading };

export async function electionWithout(replacements: readonly Replacement[]): Promise<Election> {
  const load = copySources(replacements);
  const { step, initialState } = await load<Pick<Election, 'step' | 'initialState'>>('election/election.ts');
  const { isLeading } = await load<Pick<Election, 'isLeading'>>('election/view.ts');
  return { step, initialState, isLeading };
}
