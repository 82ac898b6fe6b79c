// The event stream of one run. EventSource reconnects by itself after most faults and brings the
// last id along; where it gives up (a server that was away) a new one is opened after a while.

export type Connection = 'open' | 'waiting' | 'closed';

export interface Listeners {
  on: Record<string, (payload: unknown) => void>;
  connection(state: Connection): void;
  opened(): void;
}

const LONGEST_WAIT = 5000;

export class Stream {
  #source: EventSource | null = null;
  #timer = 0;
  #wait = 250;
  #closed = false;

  constructor(
    readonly path: string,
    readonly listeners: Listeners,
  ) {
    this.#open();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.listeners.connection('closed');
  }

  #open(): void {
    const source = new EventSource(this.path);
    this.#source = source;
    source.onopen = () => {
      this.#wait = 250;
      this.listeners.connection('open');
      this.listeners.opened();
    };
    source.onerror = () => {
      if (this.#closed) return;
      this.listeners.connection('waiting');
      source.close();
      this.#timer = window.setTimeout(() => this.#open(), this.#wait);
      this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    };
    for (const [name, heard] of Object.entries(this.listeners.on)) {
      source.addEventListener(name, (event) => heard(JSON.parse((event as MessageEvent<string>).data)));
    }
  }
}
