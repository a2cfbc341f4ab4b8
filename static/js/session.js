// Warns before the session ends for want of activity, and offers to stay. Another tab may have
// used it meanwhile, so the server is asked how long is left; asking does not renew.
import { token } from './csrf.js';

const limit = Number(document.querySelector('meta[name=session-seconds]')?.content ?? 0);
const warning = document.getElementById('session');
const WARN = 120; // seconds before the end
const words = (seconds) => (seconds > 60 ? `${Math.ceil(seconds / 60)} min` : `${Math.max(0, Math.ceil(seconds))} s`);
let end = 0;
let timer;

const left = () => (end - Date.now()) / 1000;

function expect(seconds) {
  end = Date.now() + seconds * 1000;
  clearTimeout(timer);
  timer = setTimeout(check, Math.max(0, seconds - WARN) * 1000);
}

async function remaining() {
  const answer = await fetch(warning.dataset.session);
  return (await answer.json()).seconds;
}

async function check() {
  try {
    const seconds = await remaining();
    if (seconds > WARN) {
      warning.hidden = true;
      expect(seconds);
      return;
    }
    end = Date.now() + seconds * 1000;
  } catch {
    // Without a network the clock of this page has to do.
  }
  warning.hidden = false;
  tick();
}

function tick() {
  const isOver = left() <= 0;
  warning.querySelector('[data-left]').textContent = words(left());
  warning.querySelector('[data-ending]').hidden = isOver;
  warning.querySelector('[data-ended]').hidden = !isOver;
  if (!isOver) timer = setTimeout(tick, 1000);
}

async function stay() {
  await fetch(warning.dataset.session, { method: 'POST', headers: { 'X-CSRFToken': token() } });
  await check();
}

if (limit) {
  expect(limit);
  warning.querySelector('[data-stay]').addEventListener('click', stay);
  document.addEventListener('htmx:afterRequest', ({ detail }) => { if (detail.successful) expect(limit); });
  addEventListener('focus', () => { if (left() < WARN) check(); });
}
