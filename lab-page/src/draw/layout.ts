// Where the units of a network stand on the paper.

export interface LayerColumn {
  layer: number;
  x: number;
  ys: number[];
  shown: number;
  total: number;
  half: number;
}
export interface Hit {
  layer: number;
  unit: number;
  input?: number;
}

const MOST = 32;

/** How tall a drawing of so many units a layer should be beside its width. */
export function ratioFor(sizes: number[], least = 0.5): number {
  return Math.min(1, Math.max(least, 0.16 + 0.044 * Math.max(...sizes)));
}

/** Letters that are shown of a name, and what room the longest takes beside its unit. */
export const NAME_LETTERS = 12;
export function sideFor(inputs: string[], outputs: string[]): number {
  const longest = Math.max(0, ...[...inputs.slice(0, MOST), ...outputs].map((name) => name.length));
  return 3.3 + 0.58 * Math.min(NAME_LETTERS, longest);
}

/** `side`: the room left of the first and right of the last column, in letter sizes. */
export function layOut(width: number, height: number, sizes: number[], size: number, side: number): LayerColumn[] {
  const top = size * 2.2;
  const bottom = height - size * 1.6;
  const most = Math.max(1, Math.floor((bottom - top) / 7));
  const margin = Math.max(size * 4.4, Math.min(size * side, width * 0.24));
  return sizes.map((total, layer) => {
    const shown = Math.min(total, MOST, most);
    const room = (bottom - top - (shown < total ? size * 1.4 : 0)) / shown;
    const half = Math.max(2.5, Math.min(room * 0.4, width / sizes.length / 5, size * 1.7));
    const step = Math.min(room, half * 3.4);
    const first = (top + bottom) / 2 - (step * (shown - 1)) / 2;
    const x = margin + ((width - 2 * margin) * layer) / Math.max(1, sizes.length - 1);
    return { layer, x, ys: Array.from({ length: shown }, (_, k) => first + k * step), shown, total, half };
  });
}

/** The unit or weight under a place on the paper. */
export function hit(columns: LayerColumn[], x: number, y: number): Hit | null {
  for (const column of columns) {
    const reach = Math.max(column.half, 6) + 1;
    const unit = column.ys.findIndex((at) => Math.abs(at - y) <= reach && Math.abs(column.x - x) <= reach);
    if (unit >= 0) return { layer: column.layer, unit };
  }
  const k = columns.findIndex((column) => column.x > x);
  const [left, right] = [columns[k - 1], columns[k]];
  if (!left || !right) return null;
  const [x0, x1] = [left.x + left.half, right.x - right.half];
  if (x < x0 || x > x1) return null;
  const share = (x - x0) / (x1 - x0);
  let best: Hit | null = null;
  let nearest = 6;
  right.ys.forEach((to, unit) => {
    left.ys.forEach((from, input) => {
      const slope = (to - from) / (x1 - x0);
      const away = Math.abs(from + share * (to - from) - y) / Math.hypot(1, slope);
      if (away < nearest) {
        nearest = away;
        best = { layer: right.layer, unit, input };
      }
    });
  });
  return best;
}
