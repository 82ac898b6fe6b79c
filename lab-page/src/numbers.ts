import type { Num } from './protocol';

export function number(value: Num | undefined): number {
  if (typeof value === 'number') return value;
  if (value === 'Infinity') return Infinity;
  if (value === '-Infinity') return -Infinity;
  return NaN;
}

/** A few digits, with a true minus sign: what stands in the page beside a drawing. */
export function short(value: Num | undefined, digits = 4): string {
  if (value === null || value === undefined) return '–';
  const x = number(value);
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? '∞' : '−∞';
  if (x === 0) return '0';
  const size = Math.abs(x);
  if (size >= 1e5 || size < 1e-4) return power(x, digits - 1);
  const places = Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  return minus(x.toFixed(Math.min(places, 6)));
}

/** Every digit of the number, as Python's repr writes it. */
export function whole(value: Num | undefined): string {
  const x = number(value);
  if (!Number.isFinite(x)) return short(value);
  if (Object.is(x, -0)) return '-0.0';
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) return x.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  return Number.isInteger(x) ? `${x}.0` : String(x);
}

export function minus(text: string): string {
  return text.replace('-', '−');
}

export function percent(value: Num | undefined): string {
  const x = number(value);
  return Number.isFinite(x) ? `${(100 * x).toFixed(1)} %` : short(value);
}

const RAISED: Record<string, string> = {
  '-': '⁻', '0': '⁰', '1': '¹', '2': '²', '3': '³', '4': '⁴', '5': '⁵', '6': '⁶', '7': '⁷', '8': '⁸', '9': '⁹',
};

function power(x: number, places: number): string {
  const [head, tail] = x.toExponential(Math.max(0, places - 1)).split('e') as [string, string];
  const raised = [...tail.replace('+', '')].map((letter) => RAISED[letter] ?? letter).join('');
  return `${minus(head)}·10${raised}`;
}

/** Round values between lo and hi for an axis, about `count` of them. */
export function ticks(lo: number, hi: number, count = 5): number[] {
  // Nearer to each other than rounding lets a step be counted: one mark will do.
  if (!(hi - lo > 1e-12 * Math.max(Math.abs(lo), Math.abs(hi)))) return [lo];
  const raw = (hi - lo) / count;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = unit * ([1, 2, 5, 10].find((each) => each * unit >= raw) ?? 10);
  const found: number[] = [];
  for (let k = Math.ceil(lo / step); k * step <= hi + step * 1e-9; k += 1) found.push(k * step);
  return found;
}

export function bytes(base64: string): Uint8Array {
  const text = atob(base64);
  const out = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k += 1) out[k] = text.charCodeAt(k);
  return out;
}
