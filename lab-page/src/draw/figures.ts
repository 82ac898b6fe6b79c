import { SvgPen, screenPen, type Pen } from './pen';
import { theme, type Theme } from './theme';

export type Draw = (pen: Pen, width: number, height: number, t: Theme, size: number) => void;

/** The size of small letters in a drawing, following the page's own. */
export function letters(): number {
  return 0.75 * parseFloat(getComputedStyle(document.documentElement).fontSize);
}

export function asSvg(draw: Draw, width: number, height: number, title: string): Blob {
  const pen = new SvgPen(width, height);
  draw(pen, width, height, theme(), letters());
  return new Blob([pen.text(theme().paper, title)], { type: 'image/svg+xml' });
}

/** Three pixels to the point, so that it prints well. */
export async function asPng(draw: Draw, width: number, height: number): Promise<Blob> {
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(3 * width);
  canvas.height = Math.round(3 * height);
  const context = canvas.getContext('2d')!;
  context.scale(3, 3);
  context.fillStyle = theme().paper;
  context.fillRect(0, 0, width, height);
  draw(screenPen(context), width, height, theme(), letters());
  return new Promise((done, failed) => {
    canvas.toBlob((blob) => (blob ? done(blob) : failed(new Error('The picture is too large for this browser.'))));
  });
}

export function save(blob: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // a browser under load begins late
}
