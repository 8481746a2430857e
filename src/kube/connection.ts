/** The way to one Kubernetes API: where it is, whom to trust, and how to say who is asking. It knows nothing of requests. */
import type { Agent } from 'node:http';
import type { TlsMaterial } from './tls-material.ts';

/** Who is asking, and whom it trusts, at one moment. */
export interface Credentials {
  /** Sent with every request: `authorization` and the like. */
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly tls: TlsMaterial;
}

export interface Connection {
  /** `http:` or `https:`; may have a path, which stands before the API's own. */
  readonly server: URL;
  /** Where all this comes from, for messages: `kubeconfig /home/alice/.kube/config, context prod`. */
  readonly origin: string;
  /**
   * The credentials of now; asked for before every request, so it must be cheap unless something has to be renewed.
   * `fresh` after the API refused the last ones: nothing that was kept is good enough then. Rejects when there are none.
   */
  credentials(options: { readonly fresh: boolean }): Promise<Credentials>;
  /** Makes connections through a proxy. Without it they are made directly. */
  readonly createAgent?: (tls: TlsMaterial) => Promise<Agent>;
}
