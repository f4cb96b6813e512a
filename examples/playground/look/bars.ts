import { element } from '../page/element.ts';
import { percent } from '../page/numbers.ts';

/** The probability of each digit, as bars. */
export class Bars {
  readonly #rows: { row: HTMLElement; bar: HTMLElement; number: HTMLElement }[];

  constructor(place: HTMLElement) {
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const bar = element('span', { class: 'fill' });
      const number = element('span', { class: 'number' });
      const row = element('li', {}, element('b', {}, String(digit)), element('span', { class: 'bar' }, bar), number);
      return { row, bar, number };
    });
    place.append(...this.#rows.map(({ row }) => row));
  }

  show(probabilities: ArrayLike<number> | null): void {
    const values = Array.from({ length: 10 }, (_, digit) => probabilities?.[digit] ?? 0);
    const best = Math.max(...values);
    this.#rows.forEach(({ row, bar, number }, digit) => {
      row.classList.toggle('best', probabilities !== null && values[digit] === best);
      bar.style.width = `${100 * values[digit]!}%`;
      number.textContent = probabilities ? percent(values[digit]!) : '';
    });
  }
}
