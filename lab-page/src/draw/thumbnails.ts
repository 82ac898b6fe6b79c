import type { Units } from '../protocol';
import { bytes } from '../numbers';
import { divergingTable, heat } from './heat';
import type { Theme } from './theme';

/** Small pictures of each unit's response over the plane of two inputs, kept from frame to frame. */
export class Thumbnails {
  #kept: HTMLCanvasElement[][] = [];
  #last: Units | null = null;
  #lastTheme: Theme | null = null;

  /** By layer (0: none) and unit. */
  of(units: Units | undefined, sizes: number[], t: Theme): (HTMLCanvasElement | null)[][] {
    if (!units) return [];
    if (units === this.#last && t === this.#lastTheme) return this.#kept;
    const r = units.resolution;
    const table = divergingTable(t);
    units.grid.forEach((grid, k) => {
      const layer = (this.#kept[k + 1] ??= []);
      const lists = Array.isArray(grid) ? grid.map((each) => ({ values: bytes(each), at: 0 })) : cut(bytes(grid), r, sizes[k + 1] ?? 0);
      lists.forEach(({ values, at }, unit) => {
        layer[unit] ??= document.createElement('canvas');
        heat(values, at, r, table, layer[unit]);
      });
    });
    [this.#last, this.#lastTheme] = [units, t];
    return this.#kept;
  }
}

function cut(values: Uint8Array, r: number, units: number): { values: Uint8Array; at: number }[] {
  const count = Math.min(units, Math.floor(values.length / (r * r)));
  return Array.from({ length: count }, (_, k) => ({ values, at: k * r * r }));
}
