import type { Data, Frame, Hidden, LayerFrame } from '../protocol';
import { number, short } from '../numbers';
import type { History } from '../state/curves';
import { axes, toX, toY, type Box, type Scale } from './axes';
import { mark, point } from './marks';
import type { Pen } from './pen';
import { extremes, look } from './plane';
import type { Theme } from './theme';

function frameBox(width: number, height: number, size: number, right = 1): Box {
  return { x: size * 4.2, y: size * 1.8, width: width - size * (4.2 + right), height: height - size * 5 };
}

export function span(values: number[], log: boolean): Scale {
  const fit = values.filter((value) => Number.isFinite(value) && (!log || value > 0));
  if (!fit.length) return { lo: log ? 0.1 : 0, hi: 1, log };
  let lo = Infinity;
  let hi = -Infinity;
  for (const value of fit) {
    if (value < lo) lo = value;
    if (value > hi) hi = value;
  }
  if (log) return { lo: lo / 1.3, hi: hi * 1.3, log };
  const wide = hi - lo > 1e-9 * Math.max(Math.abs(lo), Math.abs(hi)) ? hi - lo : Math.abs(hi) || 1;
  const margin = wide * 0.06;
  return { lo: lo - margin, hi: hi + margin };
}

export interface Line {
  name: string;
  values: number[];
  colour: string;
  dash?: number[];
}

/** Lines over the steps or epochs, each named at its end. */
export function drawCurves(pen: Pen, width: number, height: number, t: Theme, size: number, sets: { at: number[]; lines: Line[] }[], words: { x: string; y: string }, log: boolean): void {
  const box = frameBox(width, height, size, 5.4);
  const x = span(sets.flatMap((set) => [set.at[0] ?? 0, set.at.at(-1) ?? 1]), false);
  [x.lo, x.hi] = [sets[0]?.at[0] ?? 0, Math.max(...sets.map((set) => set.at.at(-1) ?? 1), 1e-9)];
  const y = span(sets.flatMap((set) => set.lines.flatMap((each) => each.values)), log);
  axes(pen, t, box, x, y, size, words);
  const ends: { name: string; y: number; colour: string }[] = [];
  for (const { at, lines } of sets) {
    for (const each of lines) {
      const end = polyline(pen, box, x, y, at, each);
      if (end !== null) ends.push({ name: each.name, y: end, colour: each.colour });
    }
  }
  ends.sort((a, b) => a.y - b.y);
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  let last = -Infinity;
  for (const end of ends) {
    last = Math.max(end.y, last + size * 1.15);
    pen.fillStyle = end.colour;
    pen.fillText(end.name, box.x + box.width + size * 0.4, Math.min(last, height - size));
  }
}

function polyline(pen: Pen, box: Box, x: Scale, y: Scale, at: number[], each: Line): number | null {
  pen.strokeStyle = each.colour;
  pen.lineWidth = 2;
  pen.lineJoin = 'round';
  pen.setLineDash(each.dash ?? []);
  pen.beginPath();
  let down = false;
  let end: number | null = null;
  each.values.forEach((value, k) => {
    // Not every epoch has been measured; a loss that overflowed breaks the line.
    if (Number.isNaN(value)) return;
    if (!Number.isFinite(value) || (y.log && value <= 0)) return void (down = false);
    const [px, py] = [toX(box, x, at[k]!), toY(box, y, value)];
    if (down) pen.lineTo(px, py);
    else pen.moveTo(px, py);
    down = true;
    end = py;
  });
  pen.stroke();
  pen.setLineDash([]);
  return end;
}

export function curveSets(kind: 'loss' | 'metric', history: History, twin: History | null, t: Theme, byEpoch: boolean): { at: number[]; lines: Line[] }[] {
  const of = (from: History, name: string, dash?: number[]) => ({
    at: byEpoch ? from.epochs : from.steps,
    lines: [
      { name: `train${name}`, values: from[kind], colour: t.forward, dash },
      { name: `test${name}`, values: from[`test_${kind}`], colour: t.warn, dash },
    ].filter((each) => each.values.some(Number.isFinite)),
  });
  return [of(history, ''), ...(twin && twin.steps.length ? [of(twin, ' (fork)', [6, 4])] : [])];
}

/** y over the one input: the rows and the network's curve. */
export function drawRegression(pen: Pen, width: number, height: number, t: Theme, size: number, data: Data, curve: Frame['curve']): void {
  const box = frameBox(width, height, size);
  const [lo, hi] = data.range[0] ?? [-1, 1];
  const x: Scale = { lo, hi };
  const y = span([...extremes(data), ...(curve?.y ?? []).filter((value) => Math.abs(value) < 1e3)], false);
  axes(pen, t, box, x, y, size, { x: data.names[0], y: data.target ?? 'y' });
  const s = Math.max(1.8, size * 0.3);
  data.x.forEach((row, k) => {
    point(pen, t, toX(box, x, row[0]!), toY(box, y, data.y[k]!), s, 0, t.plus, data.test[k] ?? false);
  });
  if (curve) polyline(pen, box, x, y, curve.x, { name: '', values: curve.y.map((v) => Math.max(y.lo, Math.min(y.hi, v))), colour: t.warn });
}

const NORMS = ['a', 'delta', 'dW', 'ratio'] as const;
export const NORM_NAMES = { a: '‖a‖', delta: '‖δ‖', dW: '‖dW‖', ratio: '‖ΔW‖ / ‖W‖' } as const;

/** Norms by layer on one logarithmic scale: a slope from layer to layer is what vanishes or explodes. */
export function drawNorms(pen: Pen, width: number, height: number, t: Theme, size: number, layers: LayerFrame[]): void {
  const box = frameBox(width, height, size, 7.2);
  const values = NORMS.flatMap((name) => layers.map((layer) => number(layer.norms[name])));
  const y = span(values.map((value) => Math.max(value, 1e-12)).filter((_, k) => values[k]! > 0), true);
  const x: Scale = { lo: 0.6, hi: layers.length + 0.4 };
  axes(pen, t, box, { ...x, lo: x.lo, hi: x.hi }, y, size, { x: 'layer' });
  const colours = { a: t.forward, delta: t.backward, dW: t.warn, ratio: t.muted };
  const ends: { name: string; y: number; colour: string }[] = [];
  NORMS.forEach((name, k) => {
    const line = layers.map((layer) => number(layer.norms[name]));
    const end = polyline(pen, box, x, y, layers.map((layer) => layer.layer), { name, values: line, colour: colours[name] });
    layers.forEach((layer, l) => {
      if (!(line[l]! > 0) || !Number.isFinite(line[l])) return;
      mark(pen, k, toX(box, x, layer.layer), toY(box, y, line[l]!), size * 0.32);
      pen.fillStyle = colours[name];
      pen.fill();
    });
    if (end !== null) ends.push({ name: NORM_NAMES[name], y: end, colour: colours[name] });
  });
  ends.sort((a, b) => a.y - b.y);
  let last = -Infinity;
  pen.textAlign = 'left';
  pen.textBaseline = 'middle';
  for (const end of ends) {
    last = Math.max(end.y, last + size * 1.2);
    pen.fillStyle = end.colour;
    pen.fillText(end.name, box.x + box.width + size * 0.5, last);
  }
}

/** A layer's weights (filled) and gradients (outline), each counted in its own bins. */
export function drawHistogram(pen: Pen, width: number, height: number, t: Theme, size: number, layer: LayerFrame): void {
  const box: Box = { x: size * 0.8, y: size * 1.6, width: width - size * 1.6, height: height - size * 3.6 };
  const found = layer.histogram;
  pen.font = `600 ${size}px ${t.font}`;
  pen.fillStyle = t.ink;
  pen.textAlign = 'left';
  pen.textBaseline = 'top';
  pen.fillText(`layer ${layer.layer}`, box.x, 0);
  if (!found || found.edges.length < 2) return;
  const x: Scale = { lo: found.edges[0]!, hi: found.edges.at(-1)! };
  const tallest = Math.max(1, ...found.W);
  pen.fillStyle = t.forward;
  found.W.forEach((count, k) => {
    const [a, b] = [toX(box, x, found.edges[k]!), toX(box, x, found.edges[k + 1]!)];
    const h = (box.height * count) / tallest;
    pen.fillRect(a, box.y + box.height - h, Math.max(1, b - a - 1), h);
  });
  steps(pen, t, box, found.dW);
  pen.strokeStyle = t.line;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.moveTo(box.x, box.y + box.height);
  pen.lineTo(box.x + box.width, box.y + box.height);
  pen.stroke();
  pen.font = `${size * 0.9}px ${t.font}`;
  pen.fillStyle = t.muted;
  pen.fillText(short(x.lo, 2), box.x, box.y + box.height + size * 0.4);
  pen.textAlign = 'right';
  pen.fillText(short(x.hi, 2), box.x + box.width, box.y + box.height + size * 0.4);
}

function steps(pen: Pen, t: Theme, box: Box, counts: number[]): void {
  const tallest = Math.max(1, ...counts);
  pen.strokeStyle = t.backward;
  pen.lineWidth = 1.8;
  pen.beginPath();
  pen.moveTo(box.x, box.y + box.height);
  counts.forEach((count, k) => {
    const y = box.y + box.height * (1 - count / tallest);
    pen.lineTo(box.x + (box.width * k) / counts.length, y);
    pen.lineTo(box.x + (box.width * (k + 1)) / counts.length, y);
  });
  pen.lineTo(box.x + box.width, box.y + box.height);
  pen.stroke();
}

/** The rows as a layer sees them, and as it hands them on. */
export function drawHidden(pen: Pen, width: number, height: number, t: Theme, size: number, data: Data, hidden: Hidden): void {
  const half = (width - size) / 2;
  [hidden.before, hidden.after].forEach((places, k) => {
    const box: Box = { x: k * (half + size) + size * 0.4, y: size * 1.7, width: half - size * 0.8, height: height - size * 2.4 };
    const x = span(places.map((each) => each[0]), false);
    const y = span(places.map((each) => each[1]), false);
    pen.strokeStyle = t.line;
    pen.lineWidth = 1;
    pen.setLineDash([]);
    pen.strokeRect(box.x, box.y, box.width, box.height);
    pen.font = `${size}px ${t.font}`;
    pen.fillStyle = t.muted;
    pen.textAlign = 'left';
    pen.textBaseline = 'bottom';
    pen.fillText(k ? `after layer ${hidden.layer}` : `before layer ${hidden.layer}`, box.x, box.y - size * 0.3);
    const s = Math.max(1.6, size * 0.24);
    places.forEach(([u, v], row) => {
      const { shape, colour } = look(t, data, row);
      point(pen, t, toX(box, x, u), toY(box, y, v), s, shape, colour, data.test[row] ?? false);
    });
  });
}
