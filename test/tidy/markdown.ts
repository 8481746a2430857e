/** Just enough of Markdown to check documents: headings and their anchors, links, tables, code blocks. */

export interface CodeBlock {
  readonly language: string;
  readonly text: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
}

/** A table as its rows of cells, the heading row first. */
export type Table = readonly (readonly string[])[];

/** The anchors to which a link may point: of the headings, as GitHub makes them, and those set by hand. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const text = withoutCode(markdown);
  const seen = new Map<string, number>();
  const ofHeadings = [...text.matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
    const slug = slugOf(heading);
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  const byHand = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id = '']) => id);
  return new Set([...ofHeadings, ...byHand]);
}

/** The targets of all links and images. */
export function linksOf(markdown: string): readonly string[] {
  const text = withoutCode(markdown).replace(/`[^`\n]*`/g, '');
  const inline = [...text.matchAll(/\]\(([^()\s]+(?:\([^()\s]*\)[^()\s]*)?)\)/g)].map(([, target = '']) => target);
  const references = [...text.matchAll(/^\[[^\]]+\]: (\S+)$/gm)].map(([, target = '']) => target);
  return [...inline, ...references];
}

export function tablesOf(markdown: string): readonly Table[] {
  const tables: string[][][] = [];
  let current: string[][] | null = null;
  for (const line of withoutCode(markdown).split('\n')) {
    if (!line.startsWith('|')) {
      current = null;
      continue;
    }
    if (current === null) {
      current = [];
      tables.push(current);
    }
    const cells = line.replace(/^\||\|\s*$/g, '').split(/(?<!\\)\|/);
    if (cells.every((cell) => /^\s*:?-+:?\s*$/.test(cell))) continue;
    current.push(cells.map((cell) => cell.trim().replaceAll('\\|', '|')));
  }
  return tables;
}

/** The rows below the heading of the table whose first column has this name. */
export function rowsOf(markdown: string, firstColumn: string): Table {
  const table = tablesOf(markdown).find(([heading]) => heading?.[0] === firstColumn);
  if (table === undefined) throw new Error(`expected a table whose first column is "${firstColumn}"`);
  return table.slice(1);
}

export function codeBlocksOf(markdown: string): readonly CodeBlock[] {
  return [...markdown.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = '', 2: text = '', index }) => {
    return { language, text, line: markdown.slice(0, index).split('\n').length + 1 };
  });
}

/** The text below a heading, up to the next of its level or above. */
export function sectionOf(markdown: string, heading: string): string {
  const lines = markdown.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ +/, '') === heading);
  if (start < 0) throw new Error(`expected a heading "${heading}"`);
  const level = /^#+/.exec(lines[start] ?? '')?.[0].length ?? 1;
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && (/^#+/.exec(line)?.[0].length ?? 9) <= level);
  return rest.slice(0, end < 0 ? rest.length : end).join('\n');
}

function slugOf(heading: string): string {
  return heading
    .replace(/<[^>]*>/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\- _]/gu, '')
    .replaceAll(' ', '-');
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*?^```$/gms, (block) => block.replace(/[^\n]/g, ''));
}
