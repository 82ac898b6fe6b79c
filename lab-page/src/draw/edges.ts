import type { LayerColumn } from './layout';
import type { NetworkPicture } from './network';
import type { Pen } from './pen';
import type { Theme } from './theme';

/** What the lines show: the weights, or what flows back along them. */
export type EdgeStyle = 'weights' | 'delta';

const LEVELS = 6;

// Lines of like strength and sign are drawn in one stroke: a dozen strokes a layer, not hundreds.
export function drawEdges(pen: Pen, t: Theme, left: LayerColumn, right: LayerColumn, p: NetworkPicture, size: number): void {
  const layer = p.layers?.[right.layer - 1];
  const lit = p.lit ?? null;
  const flow = lit ? flowing(lit, right.layer) : p.edges === 'delta' ? 'delta' : 'weights';
  const faded = lit !== null && flow === 'none';
  const values = strengths(p, right.layer, flow === 'none' ? 'weights' : flow, left.shown, right.shown);
  const groups: number[][] = Array.from({ length: 2 * LEVELS + 1 }, () => []);
  const largest = values ? Math.max(1e-12, ...values.map(Math.abs)) : 1;
  for (let unit = 0; unit < right.shown; unit += 1) {
    for (let input = 0; input < left.shown; input += 1) {
      const value = values ? values[unit * left.shown + input]! / largest : 0;
      groups[Math.round(value * LEVELS) + LEVELS]?.push(unit, input);
    }
  }
  const [x0, x1] = [left.x + left.half, right.x - right.half];
  pen.lineCap = 'butt';
  groups.forEach((edges, k) => {
    if (!edges.length) return;
    const level = Math.abs(k - LEVELS) / LEVELS;
    const negative = k < LEVELS;
    pen.strokeStyle = colour(t, flow, negative, level);
    pen.lineWidth = (size / 12) * (0.6 + 2.6 * level * (flow === 'none' ? 0.6 : 1));
    pen.globalAlpha = (faded ? 0.25 : 1) * (0.3 + 0.65 * level);
    // Dashes cost time, and the faintest lines are told apart by nobody.
    pen.setLineDash(negative && level > 0.2 ? [4, 2.5] : []);
    pen.beginPath();
    for (let e = 0; e < edges.length; e += 2) {
      pen.moveTo(x0, left.ys[edges[e + 1]!]!);
      pen.lineTo(x1, right.ys[edges[e]!]!);
    }
    pen.stroke();
  });
  pen.globalAlpha = 1;
  pen.setLineDash([]);
}

type Flow = EdgeStyle | 'forward' | 'gradient' | 'none';

function flowing(lit: { layer: number; kind: string }, layer: number): Flow {
  if (lit.kind === 'z' && lit.layer === layer) return 'forward';
  if (lit.kind === 'delta' && lit.layer + 1 === layer) return 'delta';
  if ((lit.kind === 'dW' || lit.kind === 'update') && lit.layer === layer) return 'gradient';
  return 'none';
}

function colour(t: Theme, flow: Flow, negative: boolean, level: number): string {
  if (level === 0) return t.line;
  if (flow === 'delta') return t.backward;
  return negative ? t.minus : t.plus;
}

/** A value for each line of a layer, unit by unit; null while nothing is known. */
function strengths(p: NetworkPicture, layer: number, flow: Flow, inputs: number, units: number): number[] | null {
  const W = flow === 'gradient' ? p.gradients?.[layer] : p.layers?.[layer - 1]?.W;
  if (!W) return null;
  const delta = p.sample?.delta[layer] ?? p.layers?.[layer - 1]?.delta;
  const a = p.sample?.a[layer - 1];
  const found: number[] = new Array(inputs * units);
  for (let i = 0; i < units; i += 1) {
    for (let j = 0; j < inputs; j += 1) {
      let value = W[i]?.[j] ?? 0;
      if (flow === 'delta') value *= delta?.[i] ?? 0;
      if (flow === 'forward' && a) value *= a[j] ?? 0;
      found[i * inputs + j] = value;
    }
  }
  return found;
}
