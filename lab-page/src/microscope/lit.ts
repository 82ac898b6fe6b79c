import type { Lit } from '../draw/network';
import type { Look, Matrix, Stage } from '../protocol';

/** Which part of the drawn network a stage lights up. */
export function litBy(stage: Stage | null): Lit | null {
  if (!stage) return null;
  const tail = stage.id.split('-').at(-1) ?? '';
  if (stage.direction === 'loss') return { layer: stage.layer, kind: 'loss' };
  if (stage.direction === 'update') return { layer: stage.layer, kind: 'update' };
  if (stage.direction === 'forward') return { layer: stage.layer, kind: tail === 'a' ? 'a' : 'z' };
  return { layer: stage.layer, kind: tail === 'delta' ? 'delta' : 'dW' };
}

/** The numbers of one row of a look, layer by layer: a[0], a[1], … and δ. */
export function sampleOf(look: Look, row = 0): { a: number[][]; delta: number[][] } {
  const a: number[][] = [look.x[row] ?? []];
  const delta: number[][] = [[]];
  for (const layer of look.layers ?? []) {
    a[layer.layer] = layer.a?.[row] ?? [];
    delta[layer.layer] = layer.delta?.[row] ?? [];
  }
  return { a, delta };
}

/** dW by layer, for the drawing of the gradient. */
export function gradientsOf(look: Look): (Matrix | undefined)[] {
  const found: (Matrix | undefined)[] = [];
  for (const stage of look.stages) {
    const dW = stage.arrays[`dW[${stage.layer}]`];
    if (Array.isArray(dW) && Array.isArray(dW[0])) found[stage.layer] = dW as Matrix;
  }
  return found;
}

/** "δ[3][0]" and "W[3][0,2]" as places in the drawing. */
export function placesOf(through: string[]): { layer: number; unit: number; input: number | null }[] {
  return through.flatMap((name) => {
    const weight = /^W\[(\d+)\]\[(\d+),\s*(\d+)\]/.exec(name);
    return weight ? [{ layer: Number(weight[1]), unit: Number(weight[2]), input: Number(weight[3]) }] : [];
  });
}
