/** The address of an API server, parsed and checked once, wherever it was configured. */

/** The URL, or what is wrong with the text. */
export function parseServerUrl(text: string): URL | string {
  if (!URL.canParse(text)) return `expected a URL such as https://10.0.0.1:6443, got "${text}"`;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return `expected a URL that starts with https:// or http://, got "${text}"`;
  }
  if (url.username !== '' || url.password !== '') return 'expected a URL without user name and password';
  return url;
}

/** The address of `path` (which starts with a slash) on that server, whose own path, if any, is kept before it. */
export function resolvePath(server: URL, path: string): URL {
  return new URL(server.pathname.replace(/\/+$/, '') + path, server);
}
