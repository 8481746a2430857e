/** What the contract suite is run against: something that claims to behave as the Kubernetes API does. */
import type { Rule } from '../../src/dev/rights.ts';
import type { Api } from '../../src/lock/api.ts';

export interface RawAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export type Headers = Readonly<Record<string, string>>;

export interface ContractTarget {
  /** With every right. */
  readonly api: Api;
  /**
   * One request with every right, but for what `headers` say: they replace the target's own by name. A body that is a
   * string is sent as it is, anything else as JSON; `content-type` is `application/json` unless given.
   */
  request(method: string, path: string, body?: unknown, headers?: Headers): Promise<RawAnswer>;
  /** Creates a namespace that nobody else uses. */
  freshNamespace(): Promise<string>;
  /** Brings the target to forget its history; answers a version that is now too old to watch from. */
  expiredVersion(): Promise<string>;
  /** Absent where rights are not checked. */
  readonly rights?: {
    /** A bearer token that nobody was given. */
    readonly unknownToken: Headers;
    /** Gives a user these rights, in this namespace and nothing else, and waits until they hold. */
    grant(namespace: string, rules: readonly Rule[]): Promise<{ readonly user: string; readonly headers: Headers }>;
  };
  close(): Promise<void>;
}
