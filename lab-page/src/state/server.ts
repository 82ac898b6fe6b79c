import type { Refusal } from '../protocol';

/** The server said no, and why. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly refusal: Refusal,
  ) {
    super(refusal.error);
  }
}

/** No answer came at all. */
export class Silent extends Error {
  constructor() {
    super('The server does not answer.');
  }
}

/** A GET, POST, PUT or DELETE of JSON; what is refused comes as Refused, with the server's sentence. */
export async function ask<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
  const sent = body instanceof Blob;
  const answer = await answered(`api/${path}`, {
    method,
    credentials: 'same-origin',
    headers: body === undefined || sent ? {} : { 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : sent ? body : JSON.stringify(body),
  });
  if (!answer.ok) throw new Refused(answer.status, await sentence(answer));
  return (await answer.json()) as Answer;
}

export async function askText(path: string): Promise<string> {
  const answer = await answered(`api/${path}`, { credentials: 'same-origin' });
  if (!answer.ok) throw new Refused(answer.status, await sentence(answer));
  return answer.text();
}

async function answered(address: string, asked: RequestInit): Promise<Response> {
  try {
    return await fetch(address, asked);
  } catch {
    throw new Silent();
  }
}

async function sentence(answer: Response): Promise<Refusal> {
  try {
    const said = (await answer.json()) as Refusal;
    if (typeof said.error === 'string' || said.errors) {
      return { ...said, error: said.error ?? said.errors?.map((each) => each.message).join(' ') ?? '' };
    }
  } catch {
    // No JSON: the status speaks.
  }
  if (answer.status === 401) {
    return { error: 'This page is not known to the server any more: open the address that `glassnet lab` printed.' };
  }
  return { error: `The server answered ${answer.status} ${answer.statusText}.` };
}
