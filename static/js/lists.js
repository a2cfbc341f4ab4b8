// Lists: keys that walk the rows, ticked rows and their bar, cells that are changed in place.
// Without this the same is done by links, forms and pages.
import { isOff, isTyping } from './keys.js';
import { open } from './menu.js';

const list = () => document.getElementById('list');
const rows = () => [...document.querySelectorAll('#list-rows > tr[data-row]')];
const current = () => rows().find((row) => row.contains(document.activeElement));
const ticks = () => [...document.querySelectorAll('#list-rows [name=row]')];

function step(by) {
  const all = rows();
  const at = Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + by));
  all[at]?.querySelector('a')?.focus();
}

function count() {
  const ticked = ticks().filter((tick) => tick.checked).length;
  const place = document.querySelector('#list-bulk [data-count]');
  if (place) place.textContent = ticked;
  const all = document.getElementById('list-all');
  if (all) all.checked = ticked > 0 && ticked === ticks().length;
}

const does = {
  next: () => step(1),
  before: () => step(-1),
  tick: () => current()?.querySelector('[name=row]')?.click(),
  change: () => (document.activeElement.closest('[data-change]') ?? current()?.querySelector('[data-change]'))?.click(),
};

document.addEventListener('click', (event) => {
  does[event.target.closest('[data-list]')?.dataset.list]?.();
});

document.addEventListener('change', ({ target }) => {
  if (target.id === 'list-all') for (const tick of ticks()) tick.checked = target.checked;
  if (target.id === 'list-all' || target.name === 'row') count();
});
document.addEventListener('reset', () => setTimeout(count)); // after the form has unticked its rows

document.addEventListener('keydown', (event) => {
  const { key, target } = event;
  if (!list() || event.ctrlKey || event.metaKey || event.altKey) return;
  const edit = target.closest?.('[data-edit]');
  if (edit && key === 'Escape') edit.querySelector('[data-leave]').click();
  else if (edit && key === 'Enter' && target.matches('select')) edit.requestSubmit();
  else if (key === 'F2') does.change();
  else if (/^\d$/.test(key) && 'jump' in list().dataset && !isOff() && !isTyping(event)) {
    document.getElementById('list-q').focus(); // the figure is typed there
  }
});

// What to do with the ticked rows is asked in a menu at the button.
document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (event.target.id !== 'list-bulk' || !button || !('menu' in button.dataset)) return;
  event.preventDefault();
  open(button, `${button.formAction}?${new URLSearchParams(new FormData(event.target))}`);
});

// The focus goes back to where one goes on: to the first of the rows that came, or to the filters.
let goTo = -1;
document.addEventListener('submit', ({ target }) => {
  if (target.contains(document.getElementById('list-q'))) goTo = 0; // Enter goes from the search to what it found
});
document.addEventListener('htmx:beforeSwap', ({ detail }) => {
  if (detail.target.id === 'list-more') goTo = rows().length;
});
document.addEventListener('htmx:afterSwap', ({ detail }) => {
  if (['list-body', 'list-more'].includes(detail.target.id) && goTo >= 0) {
    rows()[goTo]?.querySelector('a')?.focus();
    goTo = -1;
  }
  if (detail.target.id !== 'list') return;
  document.getElementById('menu').hidePopover();
  if (document.activeElement === document.body) document.getElementById('list-filter')?.focus();
});

// Back to a list means back to its row.
document.addEventListener('click', ({ target }) => {
  const lead = target.closest('#list-rows a.lead');
  if (lead) history.replaceState({ ...history.state, row: lead.href }, '');
});
addEventListener('pageshow', () => {
  const lead = (row) => row.querySelector('a.lead');
  if (history.state?.row) rows().map(lead).find((link) => link?.href === history.state.row)?.focus();
});

for (const button of document.querySelectorAll('[data-copy]')) {
  button.hidden = !navigator.clipboard;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(new URL(button.dataset.copy, location.href));
    document.dispatchEvent(new CustomEvent('toast', { detail: { said: [{ text: 'Link copied.' }] } }));
  });
}
