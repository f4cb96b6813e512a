import type { Field, Settings } from '../engine/settings.ts';
import { fields, initialSettings, readSettings, rules } from '../engine/settings.ts';
import { element } from '../page/element.ts';

/** The settings as fields, each with a sentence when what is typed is none. */
export class SettingsForm {
  readonly #inputs: Readonly<Record<Field, HTMLInputElement>>;
  readonly #faults: Readonly<Record<Field, HTMLElement>>;

  constructor(place: HTMLElement, changed: () => void) {
    const entries = fields.map((field) => {
      const input = element('input', {
        id: `setting-${field}`,
        inputmode: 'decimal',
        autocomplete: 'off',
        value: initialSettings[field],
        'aria-describedby': `hint-${field} fault-${field}`,
      });
      input.addEventListener('input', changed);
      const fault = element('p', { id: `fault-${field}`, class: 'field-fault', role: 'alert', hidden: true });
      return { field, input, fault };
    });
    place.append(
      ...entries.map(({ field, input, fault }) =>
        element(
          'div',
          { class: 'setting' },
          element('label', { for: input.id }, rules[field].label),
          input,
          element('small', { id: `hint-${field}` }, rules[field].hint),
          fault,
        ),
      ),
    );
    this.#inputs = byField(entries, ({ input }) => input);
    this.#faults = byField(entries, ({ fault }) => fault);
  }

  /** What is typed; where that is no setting, says so at the field and gives nothing back. */
  read(): Settings | undefined {
    const read = readSettings(
      byField(
        fields.map((field) => ({ field })),
        ({ field }) => this.#inputs[field].value,
      ),
    );
    const faults = 'faults' in read ? read.faults : {};
    for (const field of fields) {
      const sentence = faults[field];
      this.#inputs[field].setAttribute('aria-invalid', String(sentence !== undefined));
      this.#faults[field].hidden = sentence === undefined;
      if (this.#faults[field].textContent !== (sentence ?? '')) this.#faults[field].textContent = sentence ?? '';
    }
    return 'settings' in read ? read.settings : undefined;
  }
}

function byField<E extends { field: Field }, T>(entries: readonly E[], get: (entry: E) => T): Record<Field, T> {
  return Object.fromEntries(entries.map((entry) => [entry.field, get(entry)])) as Record<Field, T>;
}
