import type { Pen } from './pen';
import type { Theme } from './theme';

/** A point of class k: colour and shape both say which, so that no colour needs to be told apart. */
export function mark(pen: Pen, shape: number, x: number, y: number, s: number): void {
  const corners = SHAPES[shape % SHAPES.length]!;
  pen.beginPath();
  if (corners.length === 0) {
    pen.arc(x, y, s, 0, 2 * Math.PI);
  } else {
    corners.forEach(([dx, dy], k) => (k ? pen.lineTo(x + s * dx, y + s * dy) : pen.moveTo(x + s * dx, y + s * dy)));
    pen.closePath();
  }
}

type Corners = [number, number][];
const star = (points: number, inner: number): Corners =>
  Array.from({ length: 2 * points }, (_, k) => {
    const angle = (Math.PI * k) / points - Math.PI / 2;
    const radius = k % 2 ? inner : 1.25;
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
const SHAPES: Corners[] = [
  [],
  [[0, -1.25], [1.15, 0.8], [-1.15, 0.8]],
  [[-0.95, -0.95], [0.95, -0.95], [0.95, 0.95], [-0.95, 0.95]],
  [[0, -1.35], [1.35, 0], [0, 1.35], [-1.35, 0]],
  [[0, 1.25], [1.15, -0.8], [-1.15, -0.8]],
  star(5, 0.55),
  star(4, 0.45),
  star(3, 0.5),
];

/** One row of the data: filled when it trains, hollow when it is held out. */
export function point(pen: Pen, t: Theme, x: number, y: number, size: number, shape: number, colour: string, heldOut: boolean): void {
  mark(pen, shape, x, y, size);
  pen.setLineDash([]);
  if (heldOut) {
    pen.fillStyle = t.paper;
    pen.fill();
    pen.strokeStyle = colour;
    pen.lineWidth = Math.max(1, size / 2.6);
  } else {
    pen.fillStyle = colour;
    pen.fill();
    pen.strokeStyle = t.paper;
    pen.lineWidth = Math.max(0.5, size / 6);
  }
  pen.stroke();
}

/** The colour of a value y: a class's own, or between minus and plus. */
export function tint(t: Theme, share: number): string {
  const end = share < 0 ? t.minus : t.plus;
  const weight = Math.min(1, Math.abs(share)) * 0.85 + 0.15;
  return mixed(t.ink, end, weight);
}

export function mixed(one: string, other: string, weight: number): string {
  const part = (colour: string, k: number) => parseInt(colour.slice(1 + 2 * k, 3 + 2 * k), 16);
  const hex = (k: number) =>
    Math.round(part(one, k) + weight * (part(other, k) - part(one, k))).toString(16).padStart(2, '0');
  return `#${hex(0)}${hex(1)}${hex(2)}`;
}
