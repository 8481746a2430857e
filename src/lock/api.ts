/**
 * The few verbs of the Kubernetes API that a lock needs, as `lock/` sees them. `kube/client.ts` satisfies it over the
 * network and `dev/store.ts` in memory; neither is imported here.
 */

/** One type of object: enough to build its path. */
export interface Resource {
  /** `v1`, `coordination.k8s.io/v1`. */
  readonly apiVersion: string;
  readonly kind: string;
  /** `leases`: the plural that stands in the path. */
  readonly plural: string;
}

export interface ApiRequestOptions {
  /** From the call; connecting and reading credentials included. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Every answer is a value; the promise never rejects. */
export type ApiAnswer =
  /** 2xx with a JSON object as its body. */
  | { readonly type: 'ok'; readonly code: number; readonly body: Readonly<Record<string, unknown>> }
  /** Any other status. `status` is the API's `Status` object when the body was one, else null (a proxy's answer). */
  | {
      readonly type: 'error';
      readonly code: number;
      readonly message: string;
      readonly status: ApiStatus | null;
      readonly retryAfterMs?: number;
    }
  /** No complete, readable answer: whether the request was applied is not known. */
  | {
      readonly type: 'failed';
      readonly reason: 'timeout' | 'aborted' | 'connection' | 'invalid-answer' | 'too-large' | 'credentials';
      readonly message: string;
    };

/** The part of a `Status` object that decides. */
export interface ApiStatus {
  readonly reason: string;
  readonly message: string;
  /** What the status is about: `details.name`, `details.kind` (a plural, such as `leases`), `details.group`. */
  readonly details: { readonly name: string; readonly kind: string; readonly group: string };
}

/** A quota, an admission webhook or a namespace that is being deleted answers 403 as well, in words of its own. */
export function saysRightIsMissing(message: string): boolean {
  return /cannot \w+ resource/.test(message);
}

export type ApiWatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: Readonly<Record<string, unknown>> }
  | { readonly type: 'BOOKMARK'; readonly version: string }
  /** Always the last event. `code` is the HTTP status or the code in an ERROR event; 0 without one. */
  | { readonly type: 'END'; readonly code: number; readonly message: string };

export interface ApiWatch {
  stop(): void;
}

export interface Api {
  get(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer>;
  /** A list selected by `metadata.name`, without a `resourceVersion`: a quorum read. */
  list(resource: Resource, namespace: string, name: string, options: ApiRequestOptions): Promise<ApiAnswer>;
  create(resource: Resource, namespace: string, body: object, options: ApiRequestOptions): Promise<ApiAnswer>;
  update(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer>;
  /** A merge patch (RFC 7386). */
  patch(
    resource: Resource,
    namespace: string,
    name: string,
    body: object,
    options: ApiRequestOptions,
  ): Promise<ApiAnswer>;
  /** Selected by `metadata.name`, from a list's version, with bookmarks. Has a connection of its own. */
  watch(
    resource: Resource,
    namespace: string,
    name: string,
    options: { readonly from: string; readonly timeoutSeconds: number },
    onEvent: (event: ApiWatchEvent) => void,
  ): ApiWatch;
}
