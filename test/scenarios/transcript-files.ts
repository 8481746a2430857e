/** Where the expected transcripts are. */
import { join } from 'node:path';

export const TRANSCRIPTS = join(import.meta.dirname, 'transcripts');

export function transcriptPath(id: string): string {
  return join(TRANSCRIPTS, `${id}.txt`);
}
