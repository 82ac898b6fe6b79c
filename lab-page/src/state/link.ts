import type { PartialSettings, Settings } from '../protocol';

// The settings travel in the fragment of the address, which no browser sends to any server.
const NAME = 'lab=';

export function toFragment(settings: Settings): string {
  const bytes = new TextEncoder().encode(JSON.stringify(settings));
  const text = btoa(String.fromCharCode(...bytes));
  return `#${NAME}${text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')}`;
}

export function fromFragment(fragment: string): Settings | null {
  const found = fragment.replace(/^#/, '');
  if (!found.startsWith(NAME)) return null;
  try {
    const text = atob(found.slice(NAME.length).replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as Settings;
  } catch {
    return null;
  }
}

/** Settings with some of them changed; lists (layers) are replaced whole. */
export function changed(settings: Settings, changes: PartialSettings): Settings {
  return {
    version: 1,
    data: { ...settings.data, ...changes.data },
    network: { ...settings.network, ...changes.network },
    training: { ...settings.training, ...changes.training },
  };
}

/** The settings in which the second differs from the first, as "network.loss: a → b". */
export function differences(one: Settings, other: Settings): string[] {
  const found: string[] = [];
  const walk = (a: unknown, b: unknown, path: string) => {
    if (JSON.stringify(a) === JSON.stringify(b)) return;
    if (isTree(a) && isTree(b)) {
      for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
        walk(a[key], b[key], path ? `${path}.${key}` : key);
      }
      return;
    }
    found.push(`${path.replaceAll('_', ' ')}: ${shown(a)} → ${shown(b)}`);
  };
  walk(one, other, '');
  return found;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
