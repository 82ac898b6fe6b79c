import type { Frame, LayerFrame, Matrix } from '../protocol';
import { number, short } from '../numbers';
import { drawEdges, type EdgeStyle } from './edges';
import { layOut, NAME_LETTERS, sideFor, type LayerColumn } from './layout';
import { mixed } from './marks';
import type { Pen } from './pen';
import type { Theme } from './theme';

export interface Lit {
  layer: number;
  kind: 'z' | 'a' | 'loss' | 'delta' | 'dW' | 'update';
}
export interface NetworkPicture {
  sizes: number[];
  inputs: string[];
  outputs: string[];
  activations: string[];
  layers: LayerFrame[] | null;
  thumbnails?: (HTMLCanvasElement | null)[][];
  edges: EdgeStyle;
  lit?: Lit | null;
  /** One sample's numbers in place of the batch's means: a[0], a[1], … and δ[1], … */
  sample?: { a: number[][]; delta: number[][] } | null;
  gradients?: (Matrix | undefined)[];
  chosen?: { layer: number; unit: number; input: number } | null;
  path?: { layer: number; unit: number; input: number | null }[];
  unit?: { layer: number; unit: number } | null;
}

/** The network: a column a layer, weights as lines, each unit with its a (forward) and δ (backward). */
export function drawNetwork(pen: Pen, width: number, height: number, t: Theme, size: number, p: NetworkPicture): void {
  const columns = layOut(width, height, p.sizes, size, sideFor(p.inputs, p.outputs));
  for (const column of columns.slice(1)) drawEdges(pen, t, columns[column.layer - 1]!, column, p, size);
  drawPath(pen, t, columns, p);
  columns.forEach((column) => drawColumn(pen, t, size, column, p));
  drawNames(pen, t, size, columns, p);
}

function drawColumn(pen: Pen, t: Theme, size: number, column: LayerColumn, p: NetworkPicture): void {
  const layer = p.layers?.[column.layer - 1] ?? null;
  const forward = column.layer === 0 ? p.sample?.a[0] : (p.sample?.a[column.layer] ?? layer?.a);
  const backward = column.layer === 0 ? undefined : (p.sample?.delta[column.layer] ?? layer?.delta);
  const largest = (list?: number[]) => Math.max(1e-12, ...(list ?? []).map(Math.abs));
  const [largestA, largestDelta] = [largest(forward), largest(backward)];
  const lit = p.lit?.layer === column.layer ? p.lit.kind : null;
  column.ys.forEach((y, unit) => {
    const a = number(forward?.[unit] ?? null);
    const delta = number(backward?.[unit] ?? null);
    body(pen, t, column, y, p.thumbnails?.[column.layer]?.[unit] ?? null, p.sample ? a / largestA : null);
    outline(pen, t, column, y, lit, p.unit?.layer === column.layer && p.unit.unit === unit);
    if (p.sample) return written(pen, t, size, column, y, a, delta, lit);
    if (column.half < 4 || !layer) return;
    bar(pen, t.forward, column, y, -1, Math.abs(a) / largestA);
    bar(pen, t.backward, column, y, 1, Math.abs(delta) / largestDelta);
  });
  if (layer) drawMarks(pen, t, size, column, layer);
  if (column.shown < column.total) {
    pen.font = `${size * 0.9}px ${t.font}`;
    pen.fillStyle = t.muted;
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    pen.fillText(`+ ${column.total - column.shown}`, column.x, column.ys.at(-1)! + column.half + size * 0.3);
  }
}

function body(pen: Pen, t: Theme, column: LayerColumn, y: number, thumbnail: HTMLCanvasElement | null, share: number | null): void {
  const { x, half } = column;
  pen.globalAlpha = 1;
  pen.fillStyle = t.paper;
  if (share !== null && Number.isFinite(share)) pen.fillStyle = mixed(t.paper, share < 0 ? t.minus : t.plus, 0.6 * Math.abs(share));
  pen.fillRect(x - half, y - half, 2 * half, 2 * half);
  if (thumbnail && share === null) pen.picture(thumbnail, x - half, y - half, 2 * half, 2 * half);
}

function outline(pen: Pen, t: Theme, column: LayerColumn, y: number, lit: Lit['kind'] | null, chosen: boolean): void {
  const { x, half } = column;
  pen.setLineDash([]);
  pen.lineWidth = lit || chosen ? 3 : 1;
  pen.strokeStyle = t.muted;
  if (lit) pen.strokeStyle = lit === 'z' || lit === 'a' ? t.forward : lit === 'update' ? t.accent : t.backward;
  if (chosen) pen.strokeStyle = t.ink;
  pen.strokeRect(x - half, y - half, 2 * half, 2 * half);
}

/** A bar beside the unit, from its foot up: left a, right δ, as a share of the layer's largest. */
function bar(pen: Pen, colour: string, column: LayerColumn, y: number, side: 1 | -1, share: number): void {
  if (!Number.isFinite(share)) return;
  const wide = Math.max(2, column.half * 0.32);
  const tall = 2 * column.half * Math.min(1, share);
  const x = side < 0 ? column.x - column.half - wide - 1 : column.x + column.half + 1;
  pen.fillStyle = colour;
  pen.fillRect(x, y + column.half - tall, wide, tall);
}

function written(pen: Pen, t: Theme, size: number, column: LayerColumn, y: number, a: number, delta: number, lit: Lit['kind'] | null): void {
  const letters = Math.min(size * 0.9, column.half * 0.75);
  if (letters < size * 0.6) return;
  const back = lit === 'delta' || lit === 'dW' || lit === 'loss';
  const step = column.ys.length > 1 ? column.ys[1]! - column.ys[0]! : Infinity;
  pen.font = `${letters}px ${t.font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillStyle = t.ink;
  pen.fillText(short(a, 2), column.x, y);
  if (column.layer === 0 || Number.isNaN(delta)) return;
  pen.fillStyle = t.backward;
  pen.font = `${back ? '600 ' : ''}${letters}px ${t.font}`;
  pen.textBaseline = 'top';
  if (step > 2 * column.half + 1.2 * letters) pen.fillText(`δ ${short(delta, 2)}`, column.x, y + column.half + 1);
}

/** Dead ✕, saturated ▬, twins = with a letter that twins share. */
function drawMarks(pen: Pen, t: Theme, size: number, column: LayerColumn, layer: LayerFrame): void {
  const letters = Math.max(7, Math.min(size * 0.95, column.half * 1.4));
  pen.font = `700 ${letters}px ${t.font}`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  const names = new Map<number, string>();
  layer.twins.forEach((group, k) => group.forEach((unit) => names.set(unit, `=${String.fromCharCode(97 + (k % 26))}`)));
  column.ys.forEach((y, unit) => {
    const text = layer.dead[unit] ? '✕' : layer.saturated[unit] ? '▬' : names.get(unit);
    if (!text) return;
    const wide = letters * (text.length > 1 ? 1.5 : 1.1);
    const x = column.x + column.half;
    const top = y - column.half;
    pen.fillStyle = t.warn;
    pen.fillRect(x - wide / 2, top - letters * 0.6, wide, letters * 1.2);
    pen.fillStyle = t.ink;
    pen.fillText(text, x, top);
  });
}

function drawPath(pen: Pen, t: Theme, columns: LayerColumn[], p: NetworkPicture): void {
  const steps = p.path ?? (p.chosen ? [{ ...p.chosen }] : []);
  pen.globalAlpha = 1;
  pen.setLineDash([]);
  pen.strokeStyle = t.accent;
  pen.lineWidth = 4;
  for (const { layer, unit, input } of steps) {
    const [left, right] = [columns[layer - 1], columns[layer]];
    if (!left || !right || input === null || unit >= right.shown || input >= left.shown || input < 0) continue;
    pen.beginPath();
    pen.moveTo(left.x + left.half, left.ys[input]!);
    pen.lineTo(right.x - right.half, right.ys[unit]!);
    pen.stroke();
  }
}

function drawNames(pen: Pen, t: Theme, size: number, columns: LayerColumn[], p: NetworkPicture): void {
  pen.globalAlpha = 1;
  pen.fillStyle = t.muted;
  pen.textBaseline = 'top';
  pen.textAlign = 'center';
  const room = columns.length > 1 ? columns[1]!.x - columns[0]!.x : 1000;
  const longest = Math.max(...p.activations.map((name) => `layer 1 · ${name}`.length));
  const wide = room > size * 0.6 * longest;
  pen.font = `${wide ? size : size * 0.85}px ${t.font}`;
  for (const { layer, x } of columns) {
    const activation = p.activations[layer - 1] ?? '';
    pen.fillText(layer === 0 ? 'input' : wide ? `layer ${layer} · ${activation}` : `${layer}`, x, size * 0.2);
  }
  const margin = columns[0]!.x; // as much is left of the first column and right of the last
  named(pen, t, size, columns[0]!, p.inputs, -1, margin);
  named(pen, t, size, columns.at(-1)!, p.outputs, 1, margin);
}

function named(pen: Pen, t: Theme, size: number, column: LayerColumn, names: string[], side: 1 | -1, margin: number): void {
  if (column.half < size * 0.3) return;
  pen.font = `${size * 0.9}px ${t.font}`;
  pen.textBaseline = 'middle';
  pen.textAlign = side < 0 ? 'right' : 'left';
  pen.fillStyle = t.ink;
  const away = column.half * 1.45 + size * 0.3;
  const letters = Math.max(2, Math.min(NAME_LETTERS, Math.floor((margin - away) / (size * 0.52))));
  column.ys.forEach((y, k) => {
    const name = names[k] ?? '';
    const text = name.length > letters ? `${name.slice(0, letters - 1)}…` : name;
    pen.fillText(text, column.x + side * away, y);
  });
}

/** The sizes n_0 … n_L that a frame speaks of. */
export function sizesOf(frame: Frame, inputs: number): number[] {
  return [inputs, ...frame.layers.map((layer) => layer.dead.length)];
}
