// A visit that is being moved: where it stands, and how that lies to its window.
import { clashes, clear, taken } from './busy.js';

const QUARTER = 15;
const DAY = 86_400_000;
const find = (id) => document.getElementById(id);
const days = (from, to) => Math.round((Date.parse(to) - Date.parse(from)) / DAY);
const count = (n) => (n === 1 ? '1 day' : `${n} days`);

export const columns = () => [...document.querySelectorAll('[data-column]')].filter((each) => each.offsetWidth);

const calendar = () => document.querySelector('.calendar').dataset;
const allRows = () => Number(calendar().rowsShown);

export function clock(row) {
  const hour = Number(calendar().firstHour) + Math.floor(row / 4);
  return `${String(hour).padStart(2, '0')}:${String((row % 4) * QUARTER).padStart(2, '0')}`;
}

export class Held {
  constructor(source) {
    this.source = source;
    this.data = source.dataset;
    this.url = this.data.move;
    this.rows = Math.max(2, Math.round(Number(this.data.minutes) / QUARTER));
    this.column = source.closest('[data-column]');
    this.row = Number(this.data.row ?? 4);
    this.offset = 0;
    this.isPlaced = false;
    this.isPending = false;
    this.ghost = document.createElement('div');
    this.ghost.append(...['event-head', 'event-title'].map((name) => Object.assign(document.createElement('span'), { className: name })));
    const [number, ...visit] = this.data.name.split(' ');
    this.ghost.firstChild.append(Object.assign(document.createElement('b'), { className: 'identifier', textContent: number }));
    this.ghost.lastChild.textContent = visit.join(' ');
    source.classList.add('is-left');
    this.shade();
  }

  // Where in the block the hand took hold, so that it does not jump.
  grip(from) {
    if (!this.column) return;
    const top = this.source.getBoundingClientRect().top;
    this.offset = from.y - top;
  }

  // Stand where the visit is now, or on the first day of its window.
  stand() {
    this.column ??= columns().find((each) => each.dataset.day >= this.data.lo) ?? columns()[0];
    this.place(this.column, this.row);
  }

  follow(x, y) {
    const column = columns().find((each) => {
      const box = each.getBoundingClientRect();
      return x >= box.left && x < box.right;
    });
    if (!column) return;
    const box = column.getBoundingClientRect();
    this.place(column, Math.round((y - this.offset - box.top) / (box.height / allRows())));
  }

  step(rows, by) {
    const all = columns();
    const at = Math.max(0, Math.min(all.length - 1, all.indexOf(this.column) + by));
    this.place(all[at], this.row + rows);
  }

  place(column, row) {
    this.column = column;
    this.row = Math.max(0, Math.min(allRows() - this.rows, row));
    this.isPlaced = true;
    const bad = this.outside(column.dataset.day) ? ' is-out' : '';
    this.ghost.className = `event is-held calendar-row-${this.row} calendar-span-${this.rows} event-s${this.data.series}${bad}`;
    column.append(this.ghost);
    const clashing = clashes(this);
    this.ghost.classList.toggle('is-out', Boolean(bad || clashing.length));
    const far = this.outside(column.dataset.day);
    const where = far ? `${count(Math.abs(far))} outside window` : 'in window';
    const day = new Date(`${column.dataset.day}T12:00`).toLocaleDateString('en-GB', { weekday: 'long', day: 'numeric', month: 'long' });
    const clash = clashing.length ? ', room or person taken' : '';
    find('move-says').textContent = `${day} ${clock(this.row)}, ${where}${clash}`;
  }

  // Days before the window as a negative number, after it as a positive one.
  outside(day) {
    if (!this.data.lo) return 0;
    return Math.min(0, days(this.data.lo, day)) || Math.max(0, days(this.data.hi, day));
  }

  shade() {
    const band = find('move-window');
    document.querySelector('.calendar')?.classList.add('is-aiming');
    band.classList.toggle('is-idle', !this.data.lo);
    for (const each of columns()) {
      const far = this.outside(each.dataset.day);
      each.classList.toggle('is-in-window', !far);
      each.classList.toggle('is-out-of-window', Boolean(far));
    }
    for (const cell of band.querySelectorAll('[data-day]')) {
      const far = this.outside(cell.dataset.day);
      const isTarget = cell.dataset.day === this.data.target;
      cell.classList.remove('is-out', 'is-target', 'is-in');
      cell.classList.add(far ? 'is-out' : isTarget ? 'is-target' : 'is-in');
      const lies = far ? `${far > 0 ? '+' : '−'}${count(Math.abs(far))} out` : isTarget ? 'Target' : 'In window';
      cell.textContent = [lies, ...taken(this.data, cell.dataset.day)].join(' · ');
      cell.title = cell.textContent;
    }
  }

  values() {
    const values = new FormData(find('move-form'));
    values.set('start', `${this.column.dataset.day}T${clock(this.row)}`);
    for (const name of ['minutes', 'revision']) values.set(name, this.data[name] ?? '');
    for (const name of ['room', 'person']) values.set(name, this.column.dataset[name] ?? this.data[name] ?? '');
    if (!this.data.start) values.set('is_assigned', 'yes');
    return values;
  }

  wait(isPending = true) {
    this.isPending = isPending;
    this.ghost.classList.toggle('is-pending', isPending);
  }

  release() {
    this.ghost.remove();
    this.source.classList.remove('is-left');
    document.querySelector('.calendar')?.classList.remove('is-aiming');
    const band = find('move-window');
    band.classList.add('is-idle');
    for (const cell of band.querySelectorAll('[data-idle]')) {
      cell.classList.remove('is-out', 'is-target', 'is-in');
      cell.textContent = cell.dataset.idle;
      cell.removeAttribute('title');
    }
    clear();
    for (const each of columns()) each.classList.remove('is-in-window', 'is-out-of-window');
  }
}
