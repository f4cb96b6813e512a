import type { Session, State } from '../engine/session.ts';
import type { Progress } from '../engine/trainer.ts';
import { deviceNames, type Choice } from '../engine/devices.ts';
import { theSession } from '../engine/session.ts';
import { fields, type Settings } from '../engine/settings.ts';
import { find } from '../page/find.ts';
import { bytes, percent, whole } from '../page/numbers.ts';
import { AccuracyCurve, LossCurve } from './curves.ts';
import { SettingsForm } from './form.ts';
import { connectWeights } from './weights.ts';

/** Steps that the numbers are means of. */
const recent = 20;

/** The room in which the network is trained. */
class Train {
  readonly #session: Session = theSession();
  readonly #form = new SettingsForm(find('train-settings', HTMLElement), () => this.#settingsChanged());
  readonly #loss = new LossCurve(find('loss-curve', HTMLElement));
  readonly #accuracy = new AccuracyCurve(find('accuracy-curve', HTMLElement));
  #isDrawing = false;

  constructor() {
    const session = this.#session;
    find('train-run', HTMLButtonElement).addEventListener('click', () => {
      if (session.state.doing === 'training') session.pause();
      else void session.train();
    });
    find('train-step', HTMLButtonElement).addEventListener('click', () => void session.train(1));
    find('train-reset', HTMLButtonElement).addEventListener('click', () => {
      const settings = this.#form.read();
      if (settings) void session.reset(settings);
    });
    for (const radio of document.querySelectorAll<HTMLInputElement>('input[name="device"]'))
      radio.addEventListener('change', () => void session.useDevice(radio.value as Choice));
    connectWeights(session);
    let last: State['doing'] | undefined;
    session.subscribe(({ doing }) => {
      if (doing === last) this.#drawSoon();
      else this.#draw();
      last = doing;
    });
  }

  /** The rate counts at once, the rest for the next network. */
  #settingsChanged(): void {
    const settings = this.#form.read();
    if (settings && settings.rate !== this.#session.state.settings.rate) this.#session.setRate(settings.rate);
    this.#draw();
  }

  /** At most once a frame, as steps may be shorter. */
  #drawSoon(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.#draw();
    });
  }

  #draw(): void {
    const { state } = this.#session;
    this.#loss.show(state.history);
    this.#accuracy.show(state.history);
    this.#drawButtons(state);
    drawWhere(state);
    drawNumbers(state);
    drawSentence(find('train-status', HTMLElement), statusOf(state));
    const fault = find('train-fault', HTMLElement);
    fault.hidden = state.fault === null;
    drawSentence(fault, state.fault ?? '');
  }

  #drawButtons({ doing, settings }: State): void {
    const isIdle = doing === 'waiting';
    const run = find('train-run', HTMLButtonElement);
    run.textContent = doing === 'training' ? 'Pause' : 'Train';
    run.disabled = !isIdle && doing !== 'training';
    find('train-step', HTMLButtonElement).disabled = !isIdle;
    for (const id of ['train-reset', 'train-save'])
      find(id, HTMLButtonElement).disabled = !isIdle && doing !== 'training';
    const typed = this.#form.read();
    const isOther =
      typed !== undefined && fields.some((field) => isOfNetwork(field) && typed[field] !== settings[field]);
    find('train-pending', HTMLElement).hidden = !isOther;
  }
}

const isOfNetwork = (field: keyof Settings): boolean => field !== 'rate';

function drawWhere({ where, doing }: State): void {
  const sentences = where ? [`On ${deviceNames[where.name]}: ${where.detail}.`, ...where.reasons] : [];
  drawSentence(find('train-where', HTMLElement), sentences[0] ?? 'Starting …');
  const reasons = find('train-reasons', HTMLElement);
  reasons.hidden = sentences.length < 2;
  drawSentence(reasons, sentences.slice(1).join(' '));
  const radio = document.querySelector<HTMLInputElement>(`input[name="device"][value="${where?.name}"]`);
  if (radio && doing !== 'changing') radio.checked = true; // while it changes, the one that was asked for
}

function drawNumbers({ history }: State): void {
  const last = history.at(-1);
  const batches = history.slice(-recent);
  const mean = (get: (progress: Progress) => number): number =>
    batches.reduce((sum, progress) => sum + get(progress), 0) / batches.length;
  const test = history.findLast((progress) => progress.test !== null)?.test ?? null;
  const numbers: Readonly<Record<string, string>> = {
    step: whole(last?.step ?? 0),
    loss: last ? last.loss.toFixed(3) : '–',
    mean: last ? `mean of ${batches.length}: ${mean(({ loss }) => loss).toFixed(3)}` : '',
    accuracy: last ? percent(mean(({ accuracy }) => accuracy)) : '–',
    test: test === null ? '–' : percent(test),
    speed: last ? whole(Math.round(last.imagesPerSecond)) : '–',
    bytes: last ? bytes(last.bytes) : '–',
    reserved: last ? `of ${bytes(last.reserved)} reserved` : '',
  };
  for (const [name, text] of Object.entries(numbers)) find(`number-${name}`, HTMLElement).textContent = text;
}

/** Read aloud when it changes, so it says no number that changes with every step. */
function statusOf({ doing, history, loaded }: State): string {
  if (doing === 'starting') return 'The digits are fetched and the device is started.';
  if (doing === 'failed') return 'Nothing can be trained here.';
  if (doing === 'training') return 'Training.';
  if (doing === 'changing') return 'One moment …';
  if (loaded) return `Weights of ${loaded.name}: ${percent(loaded.accuracy)} of the test digits are recognised.`;
  return history.length === 0 ? 'A new network, not yet trained.' : `Paused after step ${whole(history.at(-1)!.step)}.`;
}

function drawSentence(place: HTMLElement, sentence: string): void {
  if (place.textContent !== sentence) place.textContent = sentence;
}

let room: Train | undefined;

/** Makes the room when it is first entered. */
export function enter(): void {
  room ??= new Train();
}
