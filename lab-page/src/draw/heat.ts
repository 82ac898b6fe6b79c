import { channels, diverging, type Theme } from './theme';

/** A picture of r × r bytes, whose first row is the lowest. */
export function heat(values: Uint8Array, r: number, table: Uint8ClampedArray, into: HTMLCanvasElement): void {
  const image = blank(into, r);
  for (let row = 0; row < r; row += 1) {
    const target = (r - 1 - row) * r;
    for (let column = 0; column < r; column += 1) {
      const k = 3 * values[row * r + column]!;
      const at = 4 * (target + column);
      image.data[at] = table[k]!;
      image.data[at + 1] = table[k + 1]!;
      image.data[at + 2] = table[k + 2]!;
      image.data[at + 3] = 255;
    }
  }
  into.getContext('2d')!.putImageData(image, 0, 0);
}

/** Several classes: the colour says which is most probable, its strength how probable. */
export function classHeat(values: Uint8Array, top: Uint8Array, r: number, t: Theme, into: HTMLCanvasElement): void {
  const image = blank(into, r);
  const paper = channels(t.paper);
  const inks = t.classes.map(channels);
  for (let row = 0; row < r; row += 1) {
    for (let column = 0; column < r; column += 1) {
      const k = row * r + column;
      const ink = inks[values[k]! % inks.length]!;
      const weight = 0.1 + 0.55 * (top[k]! / 255) ** 2;
      const at = 4 * ((r - 1 - row) * r + column);
      for (let c = 0; c < 3; c += 1) image.data[at + c] = paper[c]! + weight * (ink[c]! - paper[c]!);
      image.data[at + 3] = 255;
    }
  }
  into.getContext('2d')!.putImageData(image, 0, 0);
}

const images = new WeakMap<HTMLCanvasElement, ImageData>();

function blank(canvas: HTMLCanvasElement, r: number): ImageData {
  const known = images.get(canvas);
  if (known && known.width === r) return known;
  canvas.width = r;
  canvas.height = r;
  const made = canvas.getContext('2d')!.createImageData(r, r);
  images.set(canvas, made);
  return made;
}

/** Segments of the level line of an r × r grid, in grid units from (0, 0) to (r − 1, r − 1). */
export function levelLine(values: Uint8Array, r: number, level: number): [number, number, number, number][] {
  const found: [number, number, number, number][] = [];
  for (let row = 0; row + 1 < r; row += 1) {
    for (let column = 0; column + 1 < r; column += 1) {
      const k = row * r + column;
      const corners = [values[k]!, values[k + 1]!, values[k + r + 1]!, values[k + r]!];
      const places: [number, number][] = [[column, row], [column + 1, row], [column + 1, row + 1], [column, row + 1]];
      const crossed: [number, number][] = [];
      for (let side = 0; side < 4; side += 1) {
        const [a, b] = [corners[side]!, corners[(side + 1) % 4]!];
        if (a < level === b < level) continue;
        const share = (level - a) / (b - a);
        const [p, q] = [places[side]!, places[(side + 1) % 4]!];
        crossed.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
      }
      for (let pair = 0; pair + 1 < crossed.length; pair += 2) {
        found.push([...crossed[pair]!, ...crossed[pair + 1]!]);
      }
    }
  }
  return found;
}

const tables = new WeakMap<Theme, { strong: Uint8ClampedArray; light: Uint8ClampedArray }>();

/** Strong for the small pictures of units; light where points must stand out from it. */
export function divergingTable(t: Theme, strength: 'strong' | 'light'): Uint8ClampedArray {
  const known = tables.get(t) ?? { strong: diverging(t, 0.85), light: diverging(t, 0.5) };
  tables.set(t, known);
  return known[strength];
}
