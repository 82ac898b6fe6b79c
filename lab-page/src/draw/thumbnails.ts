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
  of(units: Units | undefined, t: Theme): (HTMLCanvasElement | null)[][] {
    if (!units) return [];
    if (units === this.#last && t === this.#lastTheme) return this.#kept;
    const r = units.resolution;
    const table = divergingTable(t, 'strong');
    units.grid.forEach((grid, k) => {
      const layer = (this.#kept[k + 1] ??= []);
      grid.forEach((each, unit) => {
        layer[unit] ??= document.createElement('canvas');
        const values = bytes(each);
        const flat = units.lo[k] === units.hi[k];
        if (flat) values.fill(128);
        if (values.length === r) curve(values, t, layer[unit]);
        else heat(values, r, table, layer[unit]);
      });
    });
    [this.#last, this.#lastTheme] = [units, t];
    return this.#kept;
  }
}

/** One input: the response as a line. */
function curve(values: Uint8Array, t: Theme, into: HTMLCanvasElement): void {
  const side = 48;
  into.width = side;
  into.height = side;
  const pen = into.getContext('2d')!;
  pen.fillStyle = t.paper;
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = t.plus;
  pen.lineWidth = 3;
  pen.beginPath();
  values.forEach((value, k) => pen.lineTo((side * k) / (values.length - 1), 3 + (side - 6) * (1 - value / 255)));
  pen.stroke();
}
