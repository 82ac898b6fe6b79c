import type {
  Catalogue, Data, Finding, Frame, PartialSettings, Proof, Run, Settings, State,
} from '../protocol';
import { Frames } from './frames.svelte';
import { changed, fromFragment, toFragment } from './link';
import { ask, Refused, Silent } from './server';
import { Stream, type Connection } from './stream';

const KEPT = 'glassnet-lab-run';
const PATIENCE = 180;

/** What the page knows: the settings, the run on the server, its newest frame. One of it exists. */
export class Lab {
  catalogue = $state.raw<Catalogue | null>(null);
  settings = $state<Settings | null>(null);
  run = $state.raw<string | null>(null);
  data = $state.raw<Data | null>(null);
  warnings = $state.raw<string[]>([]);
  errors = $state.raw<Record<string, string>>({});
  said = $state<string>('');
  trouble = $state<string>('');
  connection = $state<Connection>('closed');
  state = $state.raw<State>({ told: 0, playing: false, epoch: 0, step: 0, restarted: 0, speed: null, forked: false });
  readonly #frames = new Frames();
  readonly frame = $derived(this.#frames.newest);
  /** The fork's part of it, while there is a fork. */
  readonly twin = $derived((this.state.forked && this.frame?.twin) || null);
  twinSettings = $state.raw<Settings | null>(null);
  findings = $state.raw<Finding[]>([]);
  proofs = $state.raw<Record<string, Proof | 'running'>>({});
  gone = $state<string>('');
  busy = $state(false);
  /** Another text, and the network or its rows are others than before. */
  network = $state.raw('');
  #accepted = $state.raw(0);
  /** What a step looked at slowly depends on: another text, and it shows something else. */
  readonly moment = $derived(`${this.run} ${this.state.restarted} ${this.state.step} ${this.#accepted}`);

  readonly curves = this.#frames.curves;
  readonly twinCurves = this.#frames.twinCurves;

  #stream: Stream | null = null;
  #timer = 0;
  #views: string[] = ['weights', 'boundary', 'curve', 'units', 'histogram'];
  /** Changes of settings and commands, each in the order in which they were given. */
  #sending: Promise<void> = Promise.resolve();
  #orders: Promise<unknown> = Promise.resolve();
  #begins = 0;
  #forking: Settings | null = null;

  async open(): Promise<void> {
    try {
      this.catalogue = await ask<Catalogue>('GET', 'catalogue');
      const linked = fromFragment(location.hash);
      const known = linked ? null : sessionStorage.getItem(KEPT);
      if (known && (await this.#rejoin(known))) return;
      const refused = linked ? !(await this.begin(linked)) : true;
      if (refused) {
        const why = linked ? this.trouble : '';
        await this.begin(this.catalogue.start.settings);
        if (why) this.trouble = `The link was not taken: ${why}`;
      }
    } catch (error) {
      this.#tell(error);
    }
  }

  /** A new run with these settings; the one before is ended. */
  async begin(settings: Settings): Promise<boolean> {
    const mine = (this.#begins += 1);
    this.busy = true;
    try {
      const made = await ask<Run>('POST', 'runs', { settings });
      const before = mine === this.#begins ? this.run : made.run; // another was begun since: it stays
      if (before) void ask('DELETE', `runs/${before}`).catch(() => undefined);
      if (mine !== this.#begins) return false;
      clearTimeout(this.#timer);
      this.#timer = 0;
      this.#forget();
      this.said = '';
      this.#accept(made);
      this.#listen(made.run);
      return true;
    } catch (error) {
      if (mine === this.#begins) this.#tell(error);
      return false;
    } finally {
      if (mine === this.#begins) this.busy = false;
    }
  }

  /** Something in `settings` was changed on the page: the server hears of it after a short pause. */
  change(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#send(), PATIENCE);
  }

  apply(changes: PartialSettings): void {
    if (!this.settings) return;
    this.settings = changed($state.snapshot(this.settings) as Settings, changes);
    this.change();
  }

  command(action: string, more: Record<string, unknown> = {}): Promise<boolean> {
    const [run, before, changes] = [this.run, this.#orders, this.settled()];
    const done = (async () => {
      await Promise.all([before, changes]);
      try {
        const heard = await this.#order(run, action, more);
        if (heard) this.trouble = '';
        return heard;
      } catch (error) {
        this.#tell(error);
        return false;
      }
    })();
    this.#orders = done;
    return done;
  }

  play(): void {
    void this.command(this.state.playing ? 'pause' : 'play');
  }

  async restart(): Promise<void> {
    if (await this.command('restart')) this.said = 'Restarted with the same seed.';
  }

  async fork(settings: PartialSettings, from: 'now' | 'start'): Promise<void> {
    if (!this.settings) return;
    const whole = changed($state.snapshot(this.settings) as Settings, settings);
    this.twinCurves.clear();
    this.#forking = whole;
    if (!(await this.command('fork', { settings, from })) && this.#forking === whole) this.#forking = null;
  }

  async unfork(): Promise<void> {
    await this.command('unfork');
  }

  /** Which views the frames carry: those that are on the screen. */
  see(views: string[]): void {
    this.#views = views;
    this.#show({ names: views });
  }

  /** The two inputs that the plane shows. */
  turn(plane: [number, number]): void {
    if (!this.data || plane[0] === plane[1]) return;
    this.data = { ...this.data, plane };
    this.#show({ plane });
  }

  async prove(finding: Finding): Promise<void> {
    this.proofs = { ...this.proofs, [finding.id]: 'running' };
    await this.settled();
    const run = this.run;
    try {
      await ask('POST', `runs/${run}/prove`, { finding: finding.id });
    } catch (error) {
      if (run !== this.run) return;
      const said = error instanceof Error ? error.message : String(error);
      this.proofs = { ...this.proofs, [finding.id]: { finding: finding.id, error: said } };
    }
  }

  async cure(finding: Finding): Promise<void> {
    await this.settled();
    await this.#change(async (run) => {
      this.#changedTo(await ask<Run>('POST', `runs/${run}/cure`, { finding: finding.id }));
      if (run === this.run) this.said = `Applied: ${finding.remedy?.text ?? ''}`;
    });
  }

  async diagnose(): Promise<void> {
    await this.settled();
    const of = this.#beginning;
    try {
      const answer = await ask<{ findings: Finding[] }>('POST', `runs/${this.run}/diagnose`, {});
      if (of !== this.#beginning) return; // of what is no more
      this.findings = answer.findings;
      this.said = answer.findings.length ? '' : 'The doctor found nothing wrong.';
    } catch (error) {
      if (of === this.#beginning) this.#tell(error);
    }
  }

  get link(): string {
    if (!this.settings) return location.href;
    return location.origin + location.pathname + toFragment($state.snapshot(this.settings) as Settings);
  }

  async #rejoin(run: string): Promise<boolean> {
    try {
      const found = await ask<Run>('GET', `runs/${run}`);
      this.#accept(found);
      this.#listen(run);
      return true;
    } catch (error) {
      if (error instanceof Refused && error.status === 404) {
        sessionStorage.removeItem(KEPT);
        return false;
      }
      throw error;
    }
  }

  /** What was changed on the page reaches the server before anything that acts on it. */
  async settled(): Promise<void> {
    await (this.#timer ? this.#send() : this.#sending);
  }

  /** Another text, and what was found out before is not of what there is now. */
  get #beginning(): string {
    return `${this.run} ${this.state.restarted} ${this.#accepted}`;
  }

  /** Have a run do something; false where the page has left it before it answered. */
  async #order(run: string | null, action: string, more: Record<string, unknown>): Promise<boolean> {
    if (!run || run !== this.run) return false;
    try {
      const answer = await ask<{ state: State }>('POST', `runs/${run}/command`, { do: action, ...more });
      if (run === this.run) this.#hearState(answer.state);
      return run === this.run;
    } catch (error) {
      if (run !== this.run) return false;
      throw error;
    }
  }

  /** What frames are to carry. It is nothing that a reader asked for: it takes no message away. */
  #show(views: Record<string, unknown>): void {
    this.#order(this.run, 'views', views).catch((error: unknown) => {
      if (!(error instanceof Silent)) this.#tell(error);
    });
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = 0;
    return this.#change(async (run) => {
      if (!this.settings) return;
      const [sent, settings] = [this.#edited(), $state.snapshot(this.settings)];
      this.#changedTo(await ask<Run>('PUT', `runs/${run}`, { settings }), sent);
    });
  }

  /** Whatever gives the run other settings, one after the other. */
  #change(what: (run: string) => Promise<void>): Promise<void> {
    const before = this.#sending;
    this.#sending = (async () => {
      await before;
      const run = this.run;
      if (!run) return;
      this.#frames.hold();
      try {
        await what(run);
      } catch (error) {
        if (run === this.run) this.#tell(error);
      } finally {
        for (const frame of this.#frames.release()) this.#hearFrame(frame);
      }
    })();
    return this.#sending;
  }

  #edited(): string {
    return JSON.stringify($state.snapshot(this.settings));
  }

  /** The run is so now; what was edited on the page since it was sent stays, and is sent next. */
  #changedTo(answer: Run, sent = this.#edited()): void {
    if (answer.run !== this.run) return;
    const before = this.data?.names.join();
    // The stream may have been quicker than the answer: what it brought of this beginning stays.
    if (this.frame?.restarted !== answer.state.restarted) this.#frames.clear();
    this.proofs = {};
    this.#accept(answer, this.#edited() === sent);
    if (before !== answer.data.names.join()) this.turn(answer.data.plane);
  }

  #accept(run: Run, current = true): void {
    if (run.run === this.run) this.#hearState(run.state);
    else this.state = run.state;
    this.#accepted += 1;
    this.#frames.know(run.state.restarted);
    this.run = run.run;
    if (this.state === run.state) this.twinSettings = run.twin;
    if (current) this.settings = run.settings;
    this.network = JSON.stringify([run.run, run.settings.data, run.settings.network]);
    const plane = this.data?.names.join() === run.data.names.join() ? this.data.plane : run.data.plane;
    this.data = { ...run.data, plane };
    this.warnings = run.warnings;
    this.errors = {};
    this.trouble = '';
    this.gone = '';
    sessionStorage.setItem(KEPT, run.run);
    if (location.hash) history.replaceState(null, '', location.pathname);
  }

  #forget(): void {
    this.#frames.forget();
    this.#forking = null;
    this.findings = [];
    this.proofs = {};
  }

  #listen(run: string): void {
    this.#stream?.close();
    this.#stream = new Stream(`api/runs/${run}/events`, {
      connection: (state) => {
        this.connection = state;
        if (state === 'waiting') void this.#stillThere(run);
      },
      opened: () => {
        if (this.trouble === new Silent().message) this.trouble = '';
        this.#show({ names: this.#views, ...(this.data ? { plane: this.data.plane } : {}) });
      },
      on: {
        state: (payload) => this.#hearState(payload as State),
        frame: (payload) => this.#hearFrame(payload as Frame),
        findings: (payload) => (this.findings = payload as Finding[]),
        proof: (payload) => {
          const proof = payload as Proof;
          this.proofs = { ...this.proofs, [proof.finding]: proof };
        },
        gone: (payload) => this.#hearGone((payload as { reason: string }).reason),
      },
    });
  }

  /** A line broke: does the server, if it answers, still have the run? */
  async #stillThere(run: string): Promise<void> {
    try {
      await ask('GET', `runs/${run}`);
    } catch (error) {
      if (run !== this.run) return;
      if (error instanceof Refused && error.status === 404) this.#hearGone('the server no longer has it.');
      else if (error instanceof Refused) this.#tell(error);
    }
  }

  #hearState(state: State): void {
    if (state.told <= this.state.told) return;
    if (state.forked && this.#forking) {
      this.twinSettings = this.#forking;
      this.#forking = null;
    } else if (this.state.forked && !state.forked) {
      this.twinSettings = null;
      this.twinCurves.clear();
    }
    this.state = state;
  }

  #hearFrame(frame: Frame): void {
    if (frame.restarted < this.state.restarted) return; // of what has been begun anew since
    this.#frames.hear(frame);
  }

  #hearGone(reason: string): void {
    this.#stream?.close();
    sessionStorage.removeItem(KEPT);
    this.gone = reason;
  }

  #tell(error: unknown): void {
    if (error instanceof Refused && error.refusal.errors?.length) {
      this.errors = Object.fromEntries(error.refusal.errors.map((each) => [each.where, each.message]));
    } else if (error instanceof Refused && error.refusal.where) {
      this.errors = { [error.refusal.where]: error.refusal.error };
    }
    if (error instanceof Refused && error.status === 404 && this.run) {
      this.#hearGone('the server no longer has it.');
    }
    this.trouble = error instanceof Error ? error.message : String(error);
  }
}

export const lab = new Lab();
