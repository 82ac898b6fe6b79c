import type { Boundary, Data } from '../protocol';
import { bytes } from '../numbers';
import { axes, toX, toY, type Box, type Scale } from './axes';
import { classHeat, divergingTable, heat, levelLine } from './heat';
import { point, tint } from './marks';
import { screenPen, SvgPen, type Pen } from './pen';
import type { Theme } from './theme';

export interface PlanePicture {
  data: Data;
  boundary?: Boundary | null;
  /** One unit's response in place of the output. */
  response?: HTMLCanvasElement | null;
  chosen?: number | null;
}

const held: { boundary: Boundary | null; theme: Theme | null; values: Uint8Array; image: HTMLCanvasElement }[] = [];

export function planeBox(width: number, height: number, size: number): Box {
  const left = size * 3.4;
  const below = size * 3.2;
  const side = Math.max(60, Math.min(width - left - size, height - below - size));
  return { x: left + (width - left - size - side) / 2, y: (height - below - side) / 2, width: side, height: side };
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
  if (pen instanceof SvgPen) drawRows(pen, t, box, x, y, size, p.data);
  else pen.picture(rowsPicture(width, height, t, size, p.data, box, x, y), 0, 0, width, height);
  drawChosen(pen, t, box, x, y, size, p);
}

interface RowsPicture {
  key: string;
  theme: Theme;
  image: HTMLCanvasElement;
}
const pictures = new WeakMap<Data, RowsPicture>();

/** The rows stand still while the network learns: they are drawn once for each size and theme. */
function rowsPicture(width: number, height: number, t: Theme, size: number, data: Data, box: Box, x: Scale, y: Scale): HTMLCanvasElement {
  const sharp = Math.min(devicePixelRatio || 1, 3);
  const key = `${width} ${height} ${size} ${sharp}`;
  const found = pictures.get(data);
  if (found?.key === key && found.theme === t) return found.image;
  const image = document.createElement('canvas');
  image.width = Math.round(width * sharp);
  image.height = Math.round(height * sharp);
  const context = image.getContext('2d')!;
  context.scale(sharp, sharp);
  drawRows(screenPen(context), t, box, x, y, size, data);
  pictures.set(data, { key, theme: t, image });
  return image;
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
    else heat(known.values, r, divergingTable(t, 'light'), known.image);
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

function pointSize(box: Box, size: number, data: Data): number {
  return Math.max(1.8, Math.min(size * 0.42, (box.width / Math.sqrt(data.x.length)) * 0.16 + 1));
}

function drawRows(pen: Pen, t: Theme, box: Box, x: Scale, y: Scale, size: number, data: Data): void {
  const [i, j] = data.plane;
  const s = pointSize(box, size, data);
  data.x.forEach((row, k) => {
    const [a, b] = [row[i]!, row[j] ?? 0];
    if (a < x.lo || a > x.hi || b < y.lo || b > y.hi) return;
    const { shape, colour } = look(t, data, k);
    point(pen, t, toX(box, x, a), toY(box, y, b), s, shape, colour, data.test[k] ?? false);
  });
}

function drawChosen(pen: Pen, t: Theme, box: Box, x: Scale, y: Scale, size: number, p: PlanePicture): void {
  const [i, j] = p.data.plane;
  const chosen = p.chosen ?? -1;
  const row = p.data.x[chosen];
  if (!row) return;
  pen.beginPath();
  pen.arc(toX(box, x, row[i]!), toY(box, y, row[j] ?? 0), pointSize(box, size, p.data) + 5, 0, 2 * Math.PI);
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
