// Sending a booking: done, refused with other slots to choose, or not sent at all.
import { toast } from './toast.js';

const HTMX = { 'HX-Request': 'true' };
const find = (id) => document.getElementById(id);

let asking = null;

function settle(held, text, focus, again) {
  held.release();
  if (text) toast(text, again);
  document.dispatchEvent(new CustomEvent('calendar:settled', { detail: focus }));
}

export async function send(url, values, held) {
  const back = held.source.id;
  let answer;
  try {
    answer = await fetch(url, { method: 'POST', headers: HTMX, body: new URLSearchParams(values) });
  } catch {
    settle(held, 'No connection: nothing was moved. Try again when you are online.', back);
    return;
  }
  if (answer.status === 204) await done(answer, held);
  else if (answer.status === 409 || answer.status === 422) ask(await answer.text(), held);
  else settle(held, answer.status === 403 ? 'You may not move this visit.' : 'That did not work. Reload the page and try again.', back);
}

async function done(answer, held) {
  const [{ text }] = JSON.parse(answer.headers.get('HX-Trigger')).toast.said;
  const { visit } = held.data;
  const before = { ...held.data };
  held.release();
  await reload();
  settle(held, text, `visit-${visit}`, () => undo(visit, before, held));
}

function ask(html, held) {
  const panel = find('move-answer');
  asking = held;
  held.wait(false);
  panel.innerHTML = html;
  panel.hidden = false;
  panel.querySelector('form button')?.focus();
}

find('move-answer')?.addEventListener('submit', (event) => {
  event.preventDefault();
  send(event.target.action, new FormData(event.target), asking);
});

async function undo(visit, before, held) {
  const values = new FormData(find('move-form'));
  const now = find(`visit-${visit}`);
  if (before.undo) {
    await send(before.undo, values, held);
    return;
  }
  for (const name of ['start', 'minutes', 'room', 'person']) values.set(name, before[name] ?? '');
  values.set('revision', now?.dataset.revision ?? '');
  await send(before.move, values, held);
}

// The grid as the server has it now, of these days or others.
export async function reload(url = location.href) {
  const answer = await fetch(url, { headers: HTMX });
  const grid = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const main = find('main');
  for (const part of main.querySelectorAll('[data-reload]')) {
    part.replaceWith(grid.querySelector(`[data-reload="${part.dataset.reload}"]`));
  }
}
