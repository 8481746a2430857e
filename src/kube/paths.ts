/** Where objects stand in the API. */
import type { Resource } from '../lock/api.ts';

export function collectionPath(resource: Resource, namespace: string): string {
  // The core group is older than the others and has a root of its own.
  const root = resource.apiVersion.includes('/') ? '/apis' : '/api';
  return `${root}/${resource.apiVersion}/namespaces/${segment(namespace)}/${resource.plural}`;
}

export function objectPath(resource: Resource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}/${segment(name)}`;
}

/** Half a character has no encoding; written as a whole one it names what is not there, and nobody has to throw. */
function segment(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}

/** Without a `resourceVersion`, which makes it a quorum read. */
export function listPath(resource: Resource, namespace: string, name: string): string {
  return `${collectionPath(resource, namespace)}?${new URLSearchParams({ fieldSelector: `metadata.name=${name}` })}`;
}

export function watchPath(
  resource: Resource,
  namespace: string,
  name: string,
  options: { readonly from: string; readonly timeoutSeconds: number },
): string {
  const query = new URLSearchParams({
    watch: 'true',
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: options.from,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(options.timeoutSeconds),
  });
  return `${collectionPath(resource, namespace)}?${query}`;
}
