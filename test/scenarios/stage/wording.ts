/** One process's traffic with the API in the words of the transcript, and a count of its requests for the verdicts. */
import type { ApiAnswer, ApiWatchEvent } from '../../../src/lock/api.ts';
import type { JsonObject } from '../../../src/lock/json.ts';
import type { Call, LineEvents } from './line.ts';
import { type Platform, STATUS_LABEL } from './platform.ts';
import { failing, type Routine, type Transcript } from './transcript.ts';

/** What the record of a lock says, in the order in which a person asks. */
interface Sight {
  readonly holder: string;
  readonly seconds: number | null;
  readonly transitions: number;
  readonly acquireTime: string | null;
}

/** A request in one word, as the verdicts count them. */
export type RequestWord = 'get' | 'list' | 'create' | 'update' | 'release' | 'patch';

export class Wording implements LineEvents {
  readonly requests: RequestWord[] = [];
  readonly #actor: string;
  readonly #platform: Platform;
  readonly #transcript: Transcript;
  #last: Sight | null = null;
  #written: Sight | null = null;

  constructor(actor: string, platform: Platform, transcript: Transcript) {
    this.#actor = actor;
    this.#platform = platform;
    this.#transcript = transcript;
  }

  sent(call: Call): { readonly answered: (answer: ApiAnswer) => void } {
    const { verb, resource, body, name } = call;
    const ofLock = resource.plural === this.#platform.lockKind.plural;
    const written = body !== null && ofLock ? this.#sight(body) : null;
    this.requests.push(written?.holder === '' ? 'release' : verb);
    const renews = verb === 'update' && written !== null && same(written, this.#last);
    if (written !== null) this.#written = written;
    const text = ofLock ? this.#asked(call, written, renews) : `${METHODS[verb]} Pod ${name}${labelIn(body)}`;
    const line = this.#transcript.open(this.#actor, text);
    return {
      answered: (answer) => {
        const seen = answer.type === 'ok' && ofLock ? this.#seenIn(answer.body) : null;
        const ending = endingOf(answer, seen, written !== null || !ofLock);
        if (answer.type === 'failed') line.giveUp();
        else line.close(ending, this.#routine(call, renews, text, ending, answer, seen?.sight ?? null));
        if (seen !== null) this.#last = seen.sight;
        else if (isGone(answer, ofLock)) this.#last = null;
      },
    };
  }

  watched(event: ApiWatchEvent): void {
    if (event.type === 'BOOKMARK') return;
    if (event.type === 'END') {
      if (event.code !== 200) this.#transcript.say(this.#actor, `the watch ends: ${event.code} ${event.message}`);
      return;
    }
    if (event.type === 'DELETED') {
      this.#last = null;
      this.#transcript.say(this.#actor, 'sees the lock deleted');
      return;
    }
    const sight = this.#sight(event.object);
    const news = !same(sight, this.#last) && !same(sight, this.#written);
    this.#last = sight;
    if (news) this.#transcript.say(this.#actor, `sees v${versionOf(event.object)}, ${held(sight)}`);
  }

  #asked({ verb, body }: Call, written: Sight | null, renews: boolean): string {
    if (written === null) return METHODS[verb];
    const on = body === null || verb === 'create' ? '' : ` on v${versionOf(body)}`;
    const { holder, seconds, transitions } = written;
    if (holder === '') return `PUT${on}, releases: no holder, ${seconds} s`;
    if (renews) return `PUT${on}, renews`;
    return `${METHODS[verb]}${on}: ${holder}, ${seconds} s, transitions ${transitions}`;
  }

  /** Renewals that work, and reads that find a lock as it was. */
  #routine(
    { verb }: Call,
    renews: boolean,
    text: string,
    ending: string,
    answer: ApiAnswer,
    seen: Sight | null,
  ): ({ readonly text: string } & Routine) | undefined {
    const line = `${text} → ${ending}`;
    if (answer.type === 'error') {
      const versionless = line.replace(/ on v\d+/, '');
      return { ...failing(answer.code === 409 ? versionless : line), text: line };
    }
    if (answer.type !== 'ok' || seen === null) return undefined;
    const detail = /v\d+/.exec(ending)?.[0] ?? '';
    if (renews) {
      const folded = (all: readonly string[]) => `renews ${all.length} times, ${all[0]} to ${all.at(-1)}`;
      return { key: 'renews', kind: 'renewal', detail, text: line, folded };
    }
    if (verb !== 'get' && verb !== 'list') return undefined;
    if (seen.holder === '' || !same(seen, this.#last)) return undefined;
    const folded = (all: readonly string[]) => `${METHODS[verb]} ${all.length} times → ${held(seen)}`;
    return { key: `${verb} ${seen.holder}`, kind: 'poll', detail, text: line, folded };
  }

  #seenIn(body: JsonObject): { readonly version: string; readonly sight: Sight } | null {
    const [item] = Array.isArray(body.items) ? (body.items as JsonObject[]) : [body];
    return item === undefined ? null : { version: versionOf(item), sight: this.#sight(item) };
  }

  #sight(object: JsonObject): Sight {
    const { record } = this.#platform.codec.decode(object);
    if (record === 'unreadable') {
      return { holder: '(cannot be read)', seconds: null, transitions: 0, acquireTime: null };
    }
    return {
      holder: record.holderIdentity,
      seconds: record.leaseDurationSeconds,
      transitions: record.leaseTransitions,
      acquireTime: record.acquireTime,
    };
  }
}

const METHODS: Readonly<Record<Call['verb'], string>> = {
  get: 'GET',
  list: 'LIST',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
};

function endingOf(
  answer: ApiAnswer,
  seen: { readonly version: string; readonly sight: Sight } | null,
  isWrite: boolean,
): string {
  switch (answer.type) {
    case 'failed':
      return 'no answer';
    case 'error':
      return `${answer.code}${answer.status === null ? ' from a proxy' : ''}${hint(answer.code, answer.message)}`;
    case 'ok':
      if (isWrite) return `${answer.code}${seen === null ? '' : `, v${seen.version}`}`;
      return seen === null ? 'no lock there' : `v${seen.version}, ${held(seen.sight)}`;
  }
}

/** The API's words where they say more than the code. */
function hint(code: number, message: string): string {
  switch (code) {
    case 403:
      return ` ${/cannot \w+ resource "\w+"/.exec(message)?.[0] ?? 'forbidden'}`;
    case 422:
      return ` ${message.replace(/^.*? is invalid: /, '')}`;
    case 409:
      return /UID in precondition/.test(message)
        ? ' another object'
        : /already exists/.test(message)
          ? ' it exists'
          : ' not the newest version';
    case 404:
      return ' not found';
    default:
      return '';
  }
}

function held({ holder, seconds, transitions }: Sight): string {
  const by = holder === '' ? 'no holder' : `held by ${holder}`;
  return `${by}${seconds === null ? '' : `, ${seconds} s`}, transitions ${transitions}`;
}

function same(a: Sight, b: Sight | null): boolean {
  return b !== null && a.holder === b.holder && a.transitions === b.transitions && a.acquireTime === b.acquireTime;
}

function isGone(answer: ApiAnswer, ofLock: boolean): boolean {
  return ofLock && ((answer.type === 'error' && answer.code === 404) || answer.type === 'ok');
}

function labelIn(body: JsonObject | null): string {
  const { labels } = (body?.metadata ?? {}) as { labels?: Record<string, string> };
  const label = labels?.[STATUS_LABEL];
  return label === undefined ? '' : `: ${label}`;
}

function versionOf(object: JsonObject): string {
  return String((object.metadata as JsonObject | undefined)?.resourceVersion ?? '');
}
