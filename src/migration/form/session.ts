import { isDeepStrictEqual } from 'node:util';
import { Disposables, type Disposable } from '../../base/disposable.js';
import { Emitter } from '../../base/emitter.js';
import { fullMessageOf } from '../../base/errors.js';
import type { FormButton, FormView, FromForm } from '../../panel/formProtocol.js';
import type { Migration, Migrations } from '../model.js';
import type { CheckResult, Preflight, Routes } from '../preflight/model.js';
import type { MigrationOptions, MigrationRequest, MigrationStarter, StartedMigration } from '../start/model.js';
import { defaultOptions } from '../start/options.js';
import { assess, type Surroundings } from './assess.js';
import { freeMemoryOf, isKept } from './hostFacts.js';
import { Looking } from './looking.js';
import { type Followed, MigrationLookout } from './lookout.js';
import { type Preset, presetEntry } from './presets.js';
import type { RememberedChoices, TypedWay } from './remembered.js';
import { type FormEvent, type FormState, newForm, reduce, type Target } from './state.js';
import { failedOf } from './preflightView.js';
import { formView, otherWays, presetName, targetOf } from './view.js';

/** What a form works with. */
export interface FormServices extends Surroundings {
  readonly migrations: Migrations;
  readonly starter: MigrationStarter;
  readonly preflight: Preflight;
  readonly routes: Routes;
  readonly remembered: RememberedChoices;
  /** As the setting has them now. */
  presets(): readonly Preset[];
}

/** Questions, and what only the editor can do. */
export interface FormActions {
  /** Asks whether to start all the same. `unfinished`: the pre-flight has not ended. */
  confirm(guest: string, failed: readonly CheckResult[], unfinished: boolean): Promise<boolean>;
  savePreset(options: Partial<MigrationOptions>): Promise<string | undefined>;
  editPresets(): void;
  copy(text: string): void;
  /** It was refused when nobody could see the form any more: `text` says why, and what to do. */
  failed(text: string): void;
  /** The migration of this form is seen: show it in the form's place. */
  opened(migration: Migration): void;
  /** The form has done its work, or is not wanted any more. `why`: what to tell, where nothing else does. */
  close(why: string | undefined): void;
}

/** With what a form is opened. */
export interface FormRequest {
  readonly host: string;
  readonly domainUuid: string;
  readonly target?: Target;
  readonly way?: TypedWay;
  /** Options of a command's arguments, by what they make of the defaults; with them what was chosen last is not looked at. */
  readonly options?: {
    readonly apply: (defaults: MigrationOptions) => MigrationOptions;
    readonly preset: string | undefined;
  };
}

/** Typing pauses for this long before both hosts are looked at. */
const preflightDelayMs = 600;
/** A migration is seen by its first event, or within the time in which the domains are looked through. */
const seenWithinMs = 30_000;
/** What is told of a migration that has ended is told within moments. */
const seenAfterEndMs = 5000;
/** Under this the last URI is remembered that led to no host of the tree; no host has an empty name. */
const anyUri = '';

/**
 * One form: what it holds, what is found out for it, and what comes of its buttons. Knows no editor. Disposed, nothing is looked
 * for any more; a migration that was started goes on.
 */
export class FormSession implements Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new Emitter<void>());
  /** The view is another now. */
  readonly onDidChange = this.changed.event;
  private readonly free = new Map<string, number | undefined>();
  private state: FormState;
  private readonly looking: Looking;
  private disposed = false;
  private following: string | undefined;

  constructor(
    private readonly services: FormServices,
    private readonly actions: FormActions,
    private readonly request: FormRequest,
  ) {
    const { host, domainUuid, options, target = { kind: 'none' }, way } = request;
    this.state = newForm(host, domainUuid, defaultOptions(true));
    this.looking = this.owned.add(
      new Looking({
        ...services,
        request: () => assess(this.state, services).request,
        tell: (event) => this.dispatch(event),
      }),
    );
    if (options !== undefined) this.applyOptions(options.apply, options.preset);
    this.owned.add(services.fleet.onDidChange(() => this.followHosts()));
    this.owned.add(services.migrations.onDidChange(() => this.changed.fire()));
    this.aim(target);
    if (way !== undefined) this.dispatch({ type: 'typed', way });
    this.followHosts();
    void this.learnDefaults();
  }

  get view(): FormView {
    return formView(this.state, {
      ...this.services,
      presets: this.services.presets(),
      freeMemoryBytes: (host) => this.free.get(host),
    });
  }

  /** The start whose end is shown here, as long as it can be seen. */
  get follows(): string | undefined {
    return this.disposed ? undefined : this.following;
  }

  /** What the page said. */
  receive(message: Exclude<FromForm, { readonly type: 'ready' }>): void {
    switch (message.type) {
      case 'flag':
      case 'member':
        this.dispatch(message);
        return;
      case 'text':
        if (message.field === 'destination') this.aim(targetOf(message.text));
        else if (message.field === 'preset') this.choosePreset(presetName(message.text));
        else this.dispatch(message);
        return;
      case 'way': {
        const way = otherWays(this.state)[message.index];
        if (way !== undefined) this.dispatch({ type: 'route', index: way.index });
        return;
      }
      case 'suggestion':
        this.takeSuggestion(message.index);
        return;
      case 'copy':
        this.actions.copy(message.text);
        return;
      case 'press':
        void this.press(message.button);
        return;
    }
  }

  /** Sends the form somewhere else, as a drop on another host does. */
  aim(target: Target): void {
    this.dispatch({ type: 'target', target });
    if (target.kind !== 'none') this.recall(target.kind === 'host' ? target.name : anyUri);
    if (target.kind === 'host') void this.findWay(target.name);
  }

  dispose(): void {
    this.disposed = true;
    this.owned.dispose();
  }

  private dispatch(event: FormEvent): void {
    if (this.disposed) return;
    this.state = reduce(this.state, event);
    this.followRequest();
    this.changed.fire();
  }

  private async press(button: FormButton): Promise<void> {
    switch (button) {
      case 'check':
        this.look(0);
        return;
      case 'migrate':
        await this.start();
        return;
      case 'cancel':
        this.actions.close(undefined);
        return;
      case 'editPresets':
        this.actions.editPresets();
        return;
      case 'savePreset': {
        const { draft } = this.state;
        const { options } = assess(this.state, this.services).read;
        const name = await this.actions.savePreset(presetEntry(options, this.state.defaults));
        // What was changed while it was named and saved is not in it, and stays.
        if (name !== undefined && isDeepStrictEqual(this.state.draft, draft)) this.choosePreset(name);
        return;
      }
    }
  }

  private choosePreset(name: string | undefined): void {
    const preset = this.services.presets().find((candidate) => candidate.name === name);
    if (preset === undefined) this.changed.fire();
    else this.applyOptions((defaults) => preset.apply(defaults), preset.name);
  }

  private applyOptions(apply: (defaults: MigrationOptions) => MigrationOptions, preset: string | undefined): void {
    this.dispatch({ type: 'options', options: apply(this.state.defaults), preset, edited: true });
  }

  /** Both hosts are looked at anew: what was suggested is to be seen at work. */
  private takeSuggestion(index: number): void {
    const { preflight } = this.state;
    const suggestion = preflight.kind === 'done' ? preflight.report.expectation.suggestions[index] : undefined;
    if (suggestion === undefined) return;
    this.dispatch({ type: 'change', change: suggestion.change });
    this.look(0);
  }

  /** What was chosen last between these two, unless something was chosen here already. */
  private recall(destination: string): void {
    if (this.request.options !== undefined) return;
    const last = this.services.remembered.of(this.state.source, destination, this.state.defaults);
    if (last === undefined) return;
    if (!this.state.edited) {
      this.dispatch({ type: 'options', options: last.options, preset: last.preset, edited: false });
    }
    if (last.typed !== undefined) this.dispatch({ type: 'typed', way: last.typed });
  }

  private async learnDefaults(): Promise<void> {
    const host = this.services.fleet.get(this.state.source);
    if (host === undefined) return;
    const kept = await isKept(host, this.state.domainUuid);
    this.dispatch({ type: 'defaults', defaults: defaultOptions(kept) });
  }

  private async findWay(destination: string): Promise<void> {
    if (this.services.fleet.get(destination) === undefined) return;
    this.dispatch({ type: 'looking' });
    const routes = await this.services.routes.find(this.state.source, destination);
    const { target } = this.state;
    if (target.kind === 'host' && target.name === destination) this.dispatch({ type: 'found', routes });
  }

  /** Hosts come and go; of each that comes, its free memory is asked once. */
  private followHosts(): void {
    for (const host of this.services.fleet.hypervisors) {
      const { name } = host.config;
      if (host.status.kind !== 'connected' || name === this.state.source || this.free.has(name)) continue;
      this.free.set(name, undefined);
      void freeMemoryOf(host).then((bytes) => {
        if (bytes === undefined || this.disposed) return;
        this.free.set(name, bytes);
        this.changed.fire();
      });
    }
    this.followRequest();
    this.changed.fire();
  }

  /** The pre-flight runs by itself once there is something to look at, and again when it would be something else. */
  private followRequest(): void {
    const { request } = assess(this.state, this.services);
    if (request === undefined) {
      this.looking.forget();
      if (this.state.preflight.kind !== 'none') this.state = reduce(this.state, { type: 'unchecked' });
      return;
    }
    if (this.services.fleet.get(request.source)?.status.kind !== 'connected') return;
    if (!isBusy(this.state) && !this.looking.isOf(request)) this.look(preflightDelayMs);
  }

  private look(delayMs: number): void {
    const { request } = assess(this.state, this.services);
    if (request === undefined) return;
    this.looking.begin(request, delayMs);
    // What was seen before is of another migration.
    this.state = reduce(this.state, { type: 'checking' });
    this.changed.fire();
  }

  private async start(): Promise<void> {
    const { request, obstacle } = assess(this.state, this.services);
    if (request === undefined || obstacle !== undefined || isBusy(this.state)) return;
    const { preflight } = this.state;
    const checks = preflight.kind === 'done' ? preflight.report.checks : [];
    const known = preflight.kind === 'running' ? preflight.checks : checks;
    const failed = failedOf(known);
    const unfinished = preflight.kind !== 'done';
    if ((failed.length > 0 || unfinished) && !(await this.actions.confirm(this.guest, failed, unfinished))) return;
    // The question stood open for a while: what is started is what was asked about, or nothing.
    const now = assess(this.state, this.services);
    if (now.obstacle !== undefined || JSON.stringify(now.request) !== JSON.stringify(request)) {
      this.dispatch({
        type: 'start',
        start: { kind: 'refused', text: `Not started: ${now.obstacle ?? 'the form has changed meanwhile.'}` },
      });
      return;
    }
    await this.startNow(request);
  }

  private async startNow(request: MigrationRequest): Promise<void> {
    this.following = undefined;
    this.dispatch({ type: 'start', start: { kind: 'starting' } });
    const seen = this.owned.add(new MigrationLookout(this.services.migrations, request));
    // Nobody waits for what the pre-flight still finds out, and what it measures would stand in the way.
    this.looking.stop();
    try {
      const started = await this.services.starter.start(request);
      this.following = started.id;
      // What is not remembered has to be chosen again, and that is all.
      await this.remember(request).catch(() => undefined);
      this.dispatch({ type: 'start', start: { kind: 'started' } });
      seen.waitAtMost(seenWithinMs);
      await this.follow(started, seen);
    } catch (error) {
      const text = fullMessageOf(error);
      if (this.disposed) this.actions.failed(text);
      else this.refuse(text);
    } finally {
      seen.dispose();
    }
  }

  /** It is shown as soon as it is seen; one that has failed by then says so here. */
  private async follow({ id, domainName }: StartedMigration, seen: MigrationLookout): Promise<void> {
    const { starter } = this.services;
    const ended = starter.whenEnded(id).then(async ({ state }): Promise<Followed> => {
      if (state.kind === 'failed' || state.kind === 'unknown') return { kind: 'failed', text: state.text };
      // One that was short may be seen a moment after its end.
      seen.waitAtMost(seenAfterEndMs);
      return seen.followed;
    });
    const followed = await Promise.race([seen.followed, ended]);
    if (this.disposed) return;
    switch (followed.kind) {
      case 'failed':
        this.refuse(followed.text);
        return;
      case 'seen':
        this.actions.opened(followed.migration);
        this.actions.close(undefined);
        return;
      case 'notSeen':
        this.actions.close(`The migration of ${domainName} was started.`);
        return;
    }
  }

  private refuse(text: string): void {
    this.dispatch({ type: 'start', start: { kind: 'refused', text } });
    // The pre-flight was given up for it: what to set right may be among the rest.
    if (!this.looking.isOver) return;
    if (this.state.preflight.kind === 'running') this.look(0);
    else if (this.state.preflight.kind === 'done') this.looking.watchOn();
  }

  private async remember(request: MigrationRequest): Promise<void> {
    const { source, destination, destinationUri, migrationUri, options } = request;
    const { search, preset } = this.state;
    const asFound = search.kind === 'found' && search.chosen !== undefined;
    const typed = asFound ? undefined : { destinationUri, migrationUri: migrationUri ?? '' };
    await this.services.remembered.remember(source, destination ?? anyUri, { options, preset, typed });
  }

  private get guest(): string {
    return this.view.guest.name;
  }
}

function isBusy({ start }: FormState): boolean {
  return start.kind === 'starting' || start.kind === 'started';
}
