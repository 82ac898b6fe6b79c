// Colours by name, read from the style sheet, so that drawings follow light and dark.

export interface Theme {
  ink: string;
  muted: string;
  grid: string;
  paper: string;
  line: string;
  forward: string;
  backward: string;
  plus: string;
  minus: string;
  accent: string;
  warn: string;
  classes: string[];
  font: string;
}

const NAMES = ['ink', 'muted', 'grid', 'paper', 'line', 'forward', 'backward', 'plus', 'minus', 'accent', 'warn'] as const;
export const CLASS_COUNT = 8;

let known: Theme | null = null;

export function theme(): Theme {
  if (known) return known;
  const style = getComputedStyle(document.documentElement);
  const read = (name: string) => style.getPropertyValue(`--${name}`).trim();
  const plain = Object.fromEntries(NAMES.map((name) => [name, full(read(name))])) as Record<(typeof NAMES)[number], string>;
  const classes = Array.from({ length: CLASS_COUNT }, (_, k) => full(read(`class-${k}`)));
  known = { ...plain, classes, font: style.getPropertyValue('--letters').trim() || 'sans-serif' };
  return known;
}

export function forgetTheme(): void {
  known = null;
}

/** "#fff", to which a build shortens "#ffffff", in full. */
function full(colour: string): string {
  const short = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/i.exec(colour);
  return short ? `#${short[1]}${short[1]}${short[2]}${short[2]}${short[3]}${short[3]}` : colour;
}

export function channels(colour: string): [number, number, number] {
  const hex = colour.replace('#', '');
  return [0, 2, 4].map((k) => parseInt(hex.slice(k, k + 2), 16)) as [number, number, number];
}

/** 256 colours from minus over paper to plus, as bytes: the heat of a unit, a boundary, a matrix. */
export function diverging(t: Theme, strength: number): Uint8ClampedArray {
  const [lo, mid, hi] = [channels(t.minus), channels(t.paper), channels(t.plus)];
  const table = new Uint8ClampedArray(256 * 3);
  for (let k = 0; k < 256; k += 1) {
    const s = k / 127.5 - 1;
    const end = s < 0 ? lo : hi;
    const weight = strength * Math.abs(s) ** 0.8;
    for (let c = 0; c < 3; c += 1) table[3 * k + c] = mid[c]! + weight * (end[c]! - mid[c]!);
  }
  return table;
}
