import type { Pen } from './pen';

/** A pen whose origin lies elsewhere: a drawing within a drawing, on the screen and in SVG alike. */
export function shifted(pen: Pen, dx: number, dy: number): Pen {
  const moved: Partial<Pen> = {
    moveTo: (x, y) => pen.moveTo(x + dx, y + dy),
    lineTo: (x, y) => pen.lineTo(x + dx, y + dy),
    bezierCurveTo: (a, b, c, d, x, y) => pen.bezierCurveTo(a + dx, b + dy, c + dx, d + dy, x + dx, y + dy),
    arc: (x, y, radius, from, to) => pen.arc(x + dx, y + dy, radius, from, to),
    rect: (x, y, width, height) => pen.rect(x + dx, y + dy, width, height),
    fillRect: (x, y, width, height) => pen.fillRect(x + dx, y + dy, width, height),
    strokeRect: (x, y, width, height) => pen.strokeRect(x + dx, y + dy, width, height),
    fillText: (text, x, y) => pen.fillText(text, x + dx, y + dy),
    picture: (image, x, y, width, height) => pen.picture(image, x + dx, y + dy, width, height),
  };
  return new Proxy(pen, {
    get(_, name) {
      const own = moved[name as keyof Pen] ?? pen[name as keyof Pen];
      return typeof own === 'function' && !(name in moved) ? (own as (...args: unknown[]) => unknown).bind(pen) : own;
    },
    set(_, name, value) {
      (pen as unknown as Record<string | symbol, unknown>)[name] = value;
      return true;
    },
  });
}
