import type { Boundary, Data } from '../protocol';
import { bytes } from '../numbers';
import { axes, toX, toY, type Box, type Scale } from './axes';
import { classHeat, divergingTable, heat, levelLine } from './heat';
import { point, tint } from './marks';
import type { Pen } from './pen';
import type { Theme } from './theme';

export interface PlanePicture {
  data: Data;
  boundary?: Boundary | null;
  /** One unit's response in place of the output. */
  response?: HTMLCanvasElement | null;
  chosen?: number | null;
  points?: boolean;
}

const held: { boundary: Boundary | null; theme: Theme | null; values: Uint8Array; image: HTMLCanvasElement }[] = [];

export function planeBox(width: number, height: number, size: number): Box {
  const left = size * 3.4;
  const below = size * 3.2;
  const side = Math.max(60, Math.min(width - left - size, height - below - size));
  return { x: left + (width - left - size - side) / 2, y: size * 0.6, width: side, height: side };
}

export function planeScales(data: Data): { x: Scale; y: Scale } {
  const [i, j] = data.plane;
  const [x, y] = [data.range[i]!, data.range[j] ?? data.range[i]!];
  return { x: { lo: x[0], hi: x[1] }, y: { lo: y[0], hi: y[1] } };
}

/** What the network says over the plane of two inputs, and the rows of the data on it. */
export function drawPlane(pen: Pen, width: number, height: number, t: Theme, size: number, p: PlanePicture): void {
  const box = planeBox(width, height, size);
  const { x, y } = planeScales(p.data);
  if (p.response) pen.picture(p.response, box.x, box.y, box.width, box.height);
  else if (p.boundary) drawBoundary(pen, t, box, p.boundary);
  const [i, j] = p.data.plane;
  axes(pen, t, box, x, y, size, { x: p.data.names[i] ?? '' }, false);
  pen.fillStyle = t.muted;
  pen.textAlign = 'left';
  pen.textBaseline = 'top';
  pen.fillText(`↑ ${p.data.names[j] ?? ''}`, box.x, box.y + box.height + size * 1.7);
  if (p.points !== false) drawRows(pen, t, box, x, y, size, p);
}

function drawBoundary(pen: Pen, t: Theme, box: Box, boundary: Boundary): void {
  const r = boundary.resolution;
  let known = held.find((each) => each.boundary === boundary);
  if (!known) {
    known = held.length < 4 ? { boundary, theme: null, values: new Uint8Array(), image: document.createElement('canvas') } : held.shift()!;
    known.boundary = boundary;
    known.values = bytes(boundary.values);
    known.theme = null;
    held.push(known);
  }
  if (known.theme !== t) {
    if (boundary.kind === 'multiclass') classHeat(known.values, bytes(boundary.top ?? ''), r, t, known.image);
    else heat(known.values, r, divergingTable(t), known.image);
    known.theme = t;
  }
  pen.picture(known.image, box.x, box.y, box.width, box.height);
  if (boundary.kind !== 'binary') return;
  pen.strokeStyle = t.ink;
  pen.lineWidth = 1.5;
  pen.setLineDash([]);
  pen.beginPath();
  for (const [x0, y0, x1, y1] of levelLine(known.values, r, 127.5)) {
    pen.moveTo(box.x + (box.width * (x0 + 0.5)) / r, box.y + box.height * (1 - (y0 + 0.5) / r));
    pen.lineTo(box.x + (box.width * (x1 + 0.5)) / r, box.y + box.height * (1 - (y1 + 0.5) / r));
  }
  pen.stroke();
}

function drawRows(pen: Pen, t: Theme, box: Box, x: Scale, y: Scale, size: number, p: PlanePicture): void {
  const [i, j] = p.data.plane;
  const s = Math.max(1.8, Math.min(size * 0.42, (box.width / Math.sqrt(p.data.x.length)) * 0.16 + 1));
  p.data.x.forEach((row, k) => {
    const [a, b] = [row[i]!, row[j] ?? 0];
    if (a < x.lo || a > x.hi || b < y.lo || b > y.hi) return;
    const { shape, colour } = look(t, p.data, k);
    point(pen, t, toX(box, x, a), toY(box, y, b), s, shape, colour, p.data.test[k] ?? false);
  });
  const chosen = p.chosen ?? -1;
  const row = p.data.x[chosen];
  if (!row) return;
  pen.beginPath();
  pen.arc(toX(box, x, row[i]!), toY(box, y, row[j] ?? 0), s + 5, 0, 2 * Math.PI);
  pen.strokeStyle = t.ink;
  pen.lineWidth = 2.5;
  pen.stroke();
}

/** Shape and colour of a row: its class, or where its y stands between the extremes. */
export function look(t: Theme, data: Data, row: number): { shape: number; colour: string } {
  const y = data.y[row] ?? 0;
  if (data.task === 'regression') {
    const [lo, hi] = extremes(data);
    return { shape: 0, colour: tint(t, (2 * (y - lo)) / (hi - lo || 1) - 1) };
  }
  const k = Math.round(y);
  if (data.task === 'binary') return { shape: k, colour: k ? t.plus : t.minus };
  return { shape: k, colour: t.classes[k % t.classes.length]! };
}

const known = new WeakMap<Data, [number, number]>();
export function extremes(data: Data): [number, number] {
  const found = known.get(data) ?? [Math.min(...data.y), Math.max(...data.y)];
  known.set(data, found);
  return found;
}

/** The row of the data nearest to a place on the paper, within reach. */
export function rowAt(data: Data, width: number, height: number, size: number, px: number, py: number): number | null {
  const box = planeBox(width, height, size);
  const { x, y } = planeScales(data);
  const [i, j] = data.plane;
  let best: number | null = null;
  let nearest = 14 ** 2;
  data.x.forEach((row, k) => {
    const away = (toX(box, x, row[i]!) - px) ** 2 + (toY(box, y, row[j] ?? 0) - py) ** 2;
    if (away < nearest) [nearest, best] = [away, k];
  });
  return best;
}
