// htmx speaks for the page: who asks, that something is under way, and what went wrong.
// Nothing that was typed is lost: an answer that is not a fragment never replaces one.

import { token } from './csrf.js';
import './toast.js';

const problem = document.getElementById('problem');
const words = document.getElementById('problem-texts');
const ANSWERED = [403, 404, 409, 422, 429]; // with a fragment that says what to do
const isPage = (text) => /^\s*<!doctype/i.test(text);

function explain(kind, { elt, requestConfig, xhr }) {
  if (elt.dataset.fresh || elt.dataset.answer) return; // it asks again by itself, or keeps what was said
  const note = words.content.querySelector(`[data-kind="${kind}"]`).cloneNode(true);
  note.querySelector('[data-reference]')?.append(xhr.getResponseHeader('X-Request-ID') ?? '');
  note.querySelector('[data-again]').addEventListener('click', () => {
    problem.replaceChildren();
    htmx.trigger(elt, requestConfig.triggeringEvent.type);
  });
  problem.replaceChildren(note);
}

document.addEventListener('htmx:configRequest', (event) => {
  event.detail.headers['X-CSRFToken'] = token();
});

// A log-in in another tab changes the token; forms that are still open follow.
document.addEventListener('submit', (event) => {
  const field = event.target.elements.csrfmiddlewaretoken;
  if (field && token()) field.value = token();
}, true);

// While a form is on its way it cannot be sent again; what runs by itself locks nothing.
function lock({ elt, requestConfig }, isBusy) {
  if (requestConfig.triggeringEvent?.type !== 'submit') return;
  for (const button of elt.querySelectorAll('button[type=submit]')) button.disabled = isBusy;
}

document.addEventListener('htmx:beforeRequest', ({ detail }) => {
  if (['submit', 'click'].includes(detail.requestConfig.triggeringEvent?.type)) problem.replaceChildren();
  lock(detail, true);
});
document.addEventListener('htmx:afterRequest', ({ detail }) => lock(detail, false));

document.addEventListener('htmx:beforeSwap', (event) => {
  const { xhr } = event.detail;
  if (!isPage(xhr.responseText)) return;
  event.detail.shouldSwap = false;
  if (xhr.status < 400) location.assign(xhr.responseURL);
  else explain('broken', event.detail);
});

document.addEventListener('htmx:afterSwap', ({ detail }) => {
  if (detail.xhr.status < 400) return;
  const wrong = detail.target.querySelector('[aria-invalid=true], [role=alert] a');
  wrong?.focus();
});

document.addEventListener('htmx:responseError', ({ detail }) => {
  if (ANSWERED.includes(detail.xhr.status)) return;
  explain('broken', detail);
});

for (const name of ['htmx:sendError', 'htmx:timeout']) {
  document.addEventListener(name, ({ detail }) => explain('silent', detail));
}

document.addEventListener('click', (event) => {
  event.target.closest('[data-dismiss]')?.closest('[data-toast], .note')?.remove();
});
