// One drawing, two pens: what draws on the screen also writes the SVG that is taken away.

export interface Pen {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  globalAlpha: number;
  font: string;
  textAlign: CanvasTextAlign;
  textBaseline: CanvasTextBaseline;
  lineCap: CanvasLineCap;
  lineJoin: CanvasLineJoin;
  beginPath(): void;
  closePath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  bezierCurveTo(a: number, b: number, c: number, d: number, x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  rect(x: number, y: number, width: number, height: number): void;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  fillText(text: string, x: number, y: number): void;
  setLineDash(segments: number[]): void;
  stroke(): void;
  fill(): void;
  picture(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void;
}

/** A canvas as a Pen. */
export function screenPen(context: CanvasRenderingContext2D): Pen {
  const pen = context as CanvasRenderingContext2D & Pen;
  pen.picture = (image, x, y, width, height) => {
    context.imageSmoothingEnabled = true;
    context.drawImage(image, x, y, width, height);
  };
  return pen;
}

const ANCHORS: Record<string, string> = { left: 'start', start: 'start', center: 'middle', right: 'end', end: 'end' };
const SHIFTS: Record<string, number> = { top: 0.8, hanging: 0.8, middle: 0.35, alphabetic: 0, bottom: -0.2 };

/** A Pen that writes SVG. */
export class SvgPen implements Pen {
  fillStyle = '#000';
  strokeStyle = '#000';
  lineWidth = 1;
  globalAlpha = 1;
  font = '12px sans-serif';
  textAlign: CanvasTextAlign = 'left';
  textBaseline: CanvasTextBaseline = 'alphabetic';
  lineCap: CanvasLineCap = 'butt';
  lineJoin: CanvasLineJoin = 'miter';
  #dash: number[] = [];
  #path = '';
  #parts: string[] = [];

  constructor(
    readonly width: number,
    readonly height: number,
  ) {}

  beginPath(): void {
    this.#path = '';
  }
  closePath(): void {
    this.#path += 'Z';
  }
  moveTo(x: number, y: number): void {
    this.#path += `M${at(x)} ${at(y)}`;
  }
  lineTo(x: number, y: number): void {
    this.#path += `${this.#path ? 'L' : 'M'}${at(x)} ${at(y)}`;
  }
  bezierCurveTo(a: number, b: number, c: number, d: number, x: number, y: number): void {
    this.#path += `C${at(a)} ${at(b)} ${at(c)} ${at(d)} ${at(x)} ${at(y)}`;
  }
  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const points = [from, (from + to) / 2, to].map((angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)]);
    const [start, half, end] = points as [number[], number[], number[]];
    const r = at(radius);
    this.#path += `${this.#path && !this.#path.endsWith('Z') ? 'L' : 'M'}${at(start[0]!)} ${at(start[1]!)}`;
    this.#path += `A${r} ${r} 0 0 1 ${at(half[0]!)} ${at(half[1]!)}A${r} ${r} 0 0 1 ${at(end[0]!)} ${at(end[1]!)}`;
  }
  rect(x: number, y: number, width: number, height: number): void {
    this.#path += `M${at(x)} ${at(y)}h${at(width)}v${at(height)}h${at(-width)}Z`;
  }
  fillRect(x: number, y: number, width: number, height: number): void {
    this.#write(`rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" fill="${this.fillStyle}"`);
  }
  strokeRect(x: number, y: number, width: number, height: number): void {
    const box = `rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"`;
    this.#write(`${box} fill="none" ${this.#line()}`);
  }
  fillText(text: string, x: number, y: number): void {
    const size = Number(/([\d.]+)px/.exec(this.font)?.[1] ?? 12);
    const shift = (SHIFTS[this.textBaseline] ?? 0) * size;
    const bold = /\b(?:bold|[67]00)\b/.test(this.font) ? ' font-weight="600"' : '';
    const family = this.font.replace(/^.*?px\s*/, '').replaceAll('"', "'");
    const head = `text x="${at(x)}" y="${at(y + shift)}" font-size="${at(size)}"${bold} font-family="${family}"`;
    const tail = `text-anchor="${ANCHORS[this.textAlign] ?? 'start'}" fill="${this.fillStyle}"`;
    this.#parts.push(`<${head} ${tail}${this.#faint()}>${escaped(text)}</text>`);
  }
  setLineDash(segments: number[]): void {
    this.#dash = segments;
  }
  stroke(): void {
    if (this.#path) this.#write(`path d="${this.#path}" fill="none" ${this.#line()}`);
  }
  fill(): void {
    if (this.#path) this.#write(`path d="${this.#path}" fill="${this.fillStyle}"`);
  }
  picture(image: HTMLCanvasElement, x: number, y: number, width: number, height: number): void {
    const box = `x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}"`;
    this.#write(`image ${box} preserveAspectRatio="none" href="${image.toDataURL('image/png')}"`);
  }

  text(background: string, title: string): string {
    const size = `width="${at(this.width)}" height="${at(this.height)}" viewBox="0 0 ${at(this.width)} ${at(this.height)}"`;
    const back = `<rect width="100%" height="100%" fill="${background}"/>`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img">`;
    return `${head}<title>${escaped(title)}</title>${back}${this.#parts.join('\n')}</svg>\n`;
  }

  #line(): string {
    const dash = this.#dash.length ? ` stroke-dasharray="${this.#dash.join(' ')}"` : '';
    const ends = this.lineCap === 'butt' ? '' : ` stroke-linecap="${this.lineCap}"`;
    return `stroke="${this.strokeStyle}" stroke-width="${at(this.lineWidth)}"${dash}${ends}`;
  }
  #faint(): string {
    return this.globalAlpha < 1 ? ` opacity="${at(this.globalAlpha)}"` : '';
  }
  #write(inside: string): void {
    this.#parts.push(`<${inside}${this.#faint()}/>`);
  }
}

function at(x: number): string {
  return String(Math.round(100 * x) / 100);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
