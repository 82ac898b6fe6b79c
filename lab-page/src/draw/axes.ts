import { minus, ticks } from '../numbers';
import type { Pen } from './pen';
import type { Theme } from './theme';

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Scale {
  lo: number;
  hi: number;
  log?: boolean;
}

export function place(scale: Scale, value: number): number {
  if (!scale.log) return (value - scale.lo) / (scale.hi - scale.lo || 1);
  const [a, b] = [Math.log10(scale.lo), Math.log10(scale.hi)];
  return (Math.log10(Math.max(value, 1e-300)) - a) / (b - a || 1);
}

export function toX(box: Box, scale: Scale, value: number): number {
  return box.x + box.width * place(scale, value);
}

export function toY(box: Box, scale: Scale, value: number): number {
  return box.y + box.height * (1 - place(scale, value));
}

/** Where the marks of a scale stand and what is written at them. */
export function marksOf(scale: Scale, count: number): { at: number; text: string }[] {
  if (scale.log) {
    const [a, b] = [Math.ceil(Math.log10(scale.lo) - 1e-9), Math.floor(Math.log10(scale.hi) + 1e-9)];
    const every = Math.max(1, Math.ceil((b - a + 1) / count));
    const powers = Array.from({ length: Math.max(0, b - a + 1) }, (_, k) => a + k);
    return powers.filter((k) => k % every === 0).map((k) => ({ at: 10 ** k, text: tenth(k) }));
  }
  const places = ticks(scale.lo, scale.hi, count);
  const step = (places[1] ?? 1) - (places[0] ?? 0);
  const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(step || 1) + 1e-9)));
  return places.map((at) => ({ at, text: minus((Math.abs(at) < step * 1e-9 ? 0 : at).toFixed(digits)) }));
}

function tenth(k: number): string {
  if (k >= -2 && k <= 3) return minus(String(Number((10 ** k).toPrecision(1))));
  const raised = [...String(k)].map((letter) => (letter === '-' ? '⁻' : '⁰¹²³⁴⁵⁶⁷⁸⁹'[Number(letter)]));
  return `10${raised.join('')}`;
}

export interface AxisWords {
  x?: string;
  y?: string;
}

/** Grid, numbers and names of both axes. */
export function axes(pen: Pen, t: Theme, box: Box, x: Scale, y: Scale, size: number, words: AxisWords = {}, grid = true): void {
  pen.font = `${size}px ${t.font}`;
  pen.lineWidth = 1;
  pen.setLineDash([]);
  pen.strokeStyle = t.grid;
  pen.fillStyle = t.muted;
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  for (const { at, text } of marksOf(y, Math.max(2, Math.floor(box.height / (3.2 * size))))) {
    const h = toY(box, y, at);
    if (grid) line(pen, box.x, h, box.x + box.width, h);
    pen.fillText(text, box.x - size * 0.4, h);
  }
  pen.textAlign = 'center';
  pen.textBaseline = 'top';
  for (const { at, text } of marksOf(x, Math.max(2, Math.floor(box.width / (5 * size))))) {
    const v = toX(box, x, at);
    if (grid) line(pen, v, box.y, v, box.y + box.height);
    pen.fillText(text, v, box.y + box.height + size * 0.4);
  }
  pen.strokeStyle = t.line;
  pen.strokeRect(box.x, box.y, box.width, box.height);
  if (words.x) {
    pen.textAlign = 'right';
    pen.fillText(words.x, box.x + box.width, box.y + box.height + size * 1.7);
  }
  if (words.y) {
    pen.textAlign = 'left';
    pen.textBaseline = 'bottom';
    pen.fillText(words.y, box.x, box.y - size * 0.35);
  }
}

export function line(pen: Pen, x0: number, y0: number, x1: number, y1: number): void {
  pen.beginPath();
  pen.moveTo(x0, y0);
  pen.lineTo(x1, y1);
  pen.stroke();
}
