// Conducting a visit: keys, the clock of timed samples, and answers that are given without a network.
// These are kept on this device without names, sent in their order once the network is back, and
// kept no longer than a week. Signing out clears them.
import { token } from './csrf.js';
import { isOff, isTyping } from './keys.js';

const WEEK = 7 * 24 * 3600 * 1000;
const place = document.getElementById('queue');
const rows = place.querySelector('ul');
const blank = place.querySelector('template').content.firstElementChild;
const drawer = `answers.${place.dataset.owner}.${place.dataset.visit}`;
const live = document.getElementById('live');
let isSending = false;
let pressed = {}; // the button by which an answer was sent; it is locked while on its way

const read = () => JSON.parse(localStorage.getItem(drawer) ?? '[]').filter(({ at }) => Date.now() - at < WEEK);
const write = (answers) => {
  if (answers.length) localStorage.setItem(drawer, JSON.stringify(answers));
  else localStorage.removeItem(drawer);
  paint();
};

function paint() {
  const answers = read();
  place.hidden = !answers.length;
  place.querySelector('[data-count]').textContent = answers.length;
  rows.replaceChildren(...answers.map(({ key, name, said, wrong }) => {
    const row = blank.cloneNode(true);
    row.querySelector('[data-name]').textContent = `${name}: ${said}`;
    row.querySelector('[data-wrong]').textContent = wrong ?? '';
    row.querySelector('[data-discard]').dataset.discard = key;
    return row;
  }));
  document.querySelectorAll('[data-answer]').forEach((form) => {
    const isKept = answers.some(({ url }) => url === form.getAttribute('action'));
    form.closest('.procedure').classList.toggle('is-kept', isKept);
  });
}

// The clock where the visit takes place, so that an answer sent later says when it was given.
function there() {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: place.dataset.zone, dateStyle: 'short', timeStyle: 'short', hourCycle: 'h23',
  }).format(new Date()).split(', ');
  return { on: parts[0], clock: parts[1] };
}

function keep(form) {
  const fields = new FormData(form);
  fields.set(pressed.name, pressed.value);
  for (const button of form.querySelectorAll('button')) button.disabled = false;
  fields.delete('csrfmiddlewaretoken');
  const now = there();
  if (!fields.get('clock')) {
    fields.set('clock', now.clock);
    fields.set('on', now.on);
  }
  const answer = {
    key: crypto.randomUUID(), url: form.getAttribute('action'), name: form.dataset.answer,
    said: fields.get('outcome').replace('_', ' '), fields: [...fields], at: Date.now(),
  };
  write([...read().filter(({ url }) => url !== answer.url), answer]);
  live.textContent = `${answer.name} is kept on this device.`;
}

async function send(answer) {
  const response = await fetch(answer.url, {
    method: 'POST',
    body: new URLSearchParams(answer.fields),
    headers: { 'X-CSRFToken': token(), 'Idempotency-Key': answer.key, 'HX-Request': 'true' },
  });
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const wrong = page.querySelector('.procedure [role=alert]');
  if (response.ok || wrong?.hasAttribute('data-both')) return '';
  return (wrong?.textContent ?? 'It could not be saved.').trim().replace(/\s+/g, ' ');
}

export async function sendAll() {
  if (isSending || !navigator.onLine || !read().length) return;
  isSending = true;
  try {
    for (const answer of read()) {
      const wrong = await send(answer);
      write(read().flatMap((held) => {
        if (held.key !== answer.key) return [held];
        return wrong ? [{ ...held, wrong }] : [];
      }));
    }
    htmx.ajax('GET', location.pathname, { target: '#conduct', swap: 'outerHTML' });
  } catch {
    live.textContent = 'Still offline.';
  } finally {
    isSending = false;
  }
}

document.addEventListener('submit', ({ submitter }) => {
  pressed = { name: submitter?.name, value: submitter?.value };
}, true);
document.addEventListener('htmx:beforeRequest', (event) => {
  const { elt } = event.detail;
  if (!elt.matches?.('[data-answer]') || navigator.onLine) return;
  event.preventDefault();
  keep(elt);
});
document.addEventListener('htmx:sendError', ({ detail: { elt } }) => {
  if (elt.matches?.('[data-answer]')) keep(elt);
});
addEventListener('online', sendAll);
place.addEventListener('click', ({ target }) => {
  if (target.closest('[data-retry]')) sendAll();
  const { discard } = target.dataset;
  if (discard) write(read().filter(({ key }) => key !== discard));
});
document.addEventListener('htmx:afterSettle', paint);

// An answer brings the rows anew; what is typed in others and not sent yet stays.
let typed = [];
const isChanged = (field) => (field.type === 'checkbox'
  ? field.checked !== field.defaultChecked
  : field.value !== (field.defaultValue ?? [...field.options].find((each) => each.defaultSelected)?.value ?? field.options[0]?.value));

document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (detail.target.id !== 'conduct') return;
  const fields = [...document.querySelectorAll('.procedure :is(input, select)')];
  typed = fields.filter((field) => field.id && field.form !== detail.requestConfig.elt && isChanged(field))
    .map(({ id, value, checked }) => ({ id, value, checked }));
});
document.addEventListener('htmx:afterSwap', () => {
  for (const { id, value, checked } of typed) {
    const field = document.getElementById(id);
    if (!field) continue;
    Object.assign(field, { value, checked });
    const more = field.closest('details');
    if (more) more.open = true;
  }
  typed = [];
});

// Keys: space marks done because it presses the button, n says not done, arrows go on.
addEventListener('keydown', (event) => {
  const row = event.target.closest?.('.procedure');
  if (!row || isTyping(event) || isOff() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === 'n') {
    const more = row.querySelector('details');
    if (!more) return;
    more.open = true;
    more.querySelector('select[name=why_not]').focus();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const ticks = [...document.querySelectorAll('[data-tick]:enabled')];
    const at = ticks.indexOf(row.querySelector('[data-tick]'));
    ticks[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus();
  } else return;
  event.preventDefault();
  event.stopImmediatePropagation();
}, true);

// How long it is to the target of a sample.
function count() {
  for (const clock of document.querySelectorAll('[data-target]')) {
    const minutes = Math.round((Date.parse(clock.dataset.target) - Date.now()) / 60_000);
    const length = Math.abs(minutes) < 120 ? `${Math.abs(minutes)} min` : `${Math.floor(Math.abs(minutes) / 60)} h`;
    const isOver = Date.now() > Date.parse(clock.dataset.latest);
    if (!minutes) clock.textContent = `now, target ${clock.dataset.clock}`;
    else clock.textContent = `${length} ${minutes > 0 ? 'to' : isOver ? 'past' : 'after'} ${clock.dataset.clock}`;
  }
}

write(read());
count();
setInterval(count, 20_000);
sendAll();
