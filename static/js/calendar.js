// Moving visits in the schedule: by dragging, by choosing a place, or by keys. The server decides;
// until it has answered, a moved visit is shown as pending. Without this, every visit has Find slot.
import { Held, columns } from './held.js';
import { reload, send } from './booking.js';

const root = document.documentElement;
const MOVED = 4; // pixels that make a press a drag
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const find = (id) => document.getElementById(id);
const typing = (event) => /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);

let held = null;
let chosen = null;

function choose(source) {
  chosen = source;
  const bar = find('move-bar');
  if (!bar) return;
  bar.classList.toggle('is-empty', !source);
  if (!source) return;
  const part = (name) => bar.querySelector(`[data-says="${name}"]`);
  part('name').textContent = source.dataset.name;
  part('window').textContent = source.dataset.window;
  part('open').href = source.href || source.querySelector('a').href;
  part('open').hidden = Boolean(held);
  part('keys').hidden = !held;
  bar.querySelector('[data-move-start]').hidden = Boolean(held);
  bar.querySelector('[data-move-cancel]').hidden = !held;
}

function hold(source) {
  release();
  held = new Held(source);
  choose(source);
  return held;
}

function release() {
  held?.release();
  held = null;
  find('move-answer').hidden = true;
  if (chosen) choose(chosen);
}

function drop() {
  held.wait();
  send(held.url, held.values(), held);
}

document.addEventListener('calendar:settled', (event) => {
  held = null;
  find('move-answer').hidden = true;
  choose(null);
  find(event.detail)?.focus();
});

// The click that ends a drag opens nothing.
function swallowClick() {
  const swallow = (click) => { click.preventDefault(); click.stopPropagation(); };
  addEventListener('click', swallow, { capture: true });
  setTimeout(() => removeEventListener('click', swallow, { capture: true }));
}

// By hand: press, move, let go.
document.addEventListener('pointerdown', (event) => {
  const source = event.target.closest('[data-move]');
  if (!source || held?.isPending || event.button || event.pointerType === 'touch' || event.target.closest('button, .btn')) return;
  const from = { x: event.clientX, y: event.clientY };
  const move = (at) => {
    if (!held && Math.hypot(at.clientX - from.x, at.clientY - from.y) < MOVED) return;
    if (!held) hold(source).grip(from);
    held.follow(at.clientX, at.clientY);
  };
  const stop = (then) => () => {
    document.removeEventListener('pointermove', move);
    document.removeEventListener('pointerup', up);
    document.removeEventListener('pointercancel', cancel);
    then();
  };
  const up = stop(() => {
    if (!held) return;
    swallowClick();
    if (held.isPlaced) drop(); else release();
  });
  const cancel = stop(release);
  document.addEventListener('pointermove', move);
  document.addEventListener('pointerup', up);
  document.addEventListener('pointercancel', cancel);
});
document.addEventListener('dragstart', (event) => {
  if (event.target.closest?.('[data-move]')) event.preventDefault();
});

// By choosing: a visit, Move, a place.
document.addEventListener('click', (event) => {
  const { target } = event;
  if (target.closest('[data-move-cancel]')) {
    const back = chosen;
    release();
    back?.focus();
  } else if (target.closest('[data-move-start]')) {
    hold(chosen).stand();
  } else if (held && !held.isPending && target.closest('[data-column]')) {
    event.preventDefault();
    held.follow(event.clientX, event.clientY);
    drop();
  } else if (target.closest('a[data-move]')) {
    event.preventDefault();
    choose(target.closest('a[data-move]'));
  }
});
document.addEventListener('focusin', (event) => {
  const source = event.target.closest('a[data-move]');
  if (source && !held) choose(source);
});

// To the days before or after, with the visit in hand.
async function turn(direction, isWhole) {
  const link = document.querySelector(`a[rel=${direction < 0 ? 'prev' : 'next'}]`);
  const at = columns().indexOf(held.column);
  const { row } = held;
  held.wait();
  try {
    await reload(link.href);
    history.replaceState(null, '', link.href);
  } catch {
    // Without a connection the visit stays where it is held.
  }
  held.wait(false);
  const all = columns();
  choose(chosen);
  held.shade();
  held.place(isWhole ? all[Math.min(at, all.length - 1)] : all.at(direction < 0 ? -1 : 0), row);
}

function step(rows, by, isFar) {
  const next = columns().indexOf(held.column) + by;
  if (by && (isFar || next < 0 || next >= columns().length)) turn(by, isFar);
  else held.step(rows * (isFar ? 4 : 1), by);
}

// By keys: Enter, space or m picks a visit up; arrows, then Enter or Escape.
document.addEventListener('keydown', (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!held) {
    const source = event.target.closest('a[data-move]');
    const isLetter = event.key === 'm' && root.dataset.keys !== 'off';
    if (source && (isLetter || event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      hold(source).stand();
    }
    return;
  }
  if (held.isPending || (!find('move-answer').hidden && event.key !== 'Escape')) return;
  if (event.key === 'Escape') {
    const back = chosen;
    release();
    back?.focus();
  } else if (event.key === 'Enter') {
    event.preventDefault();
    drop();
  } else if (STEPS[event.key]) {
    event.preventDefault();
    const [rows, days] = STEPS[event.key];
    step(rows, days, event.shiftKey);
  }
});
