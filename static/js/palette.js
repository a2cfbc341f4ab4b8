// The palette: a combobox over a list that the server sends. Without it there is the search page.
const palette = document.getElementById('palette');
const input = document.getElementById('palette-q');
const list = document.getElementById('palette-list');
const live = document.getElementById('live');
const options = () => [...list.querySelectorAll('[role=option]')];
const chosen = () => list.querySelector('[aria-selected=true]');

function choose(option) {
  chosen()?.setAttribute('aria-selected', 'false');
  option?.setAttribute('aria-selected', 'true');
  option?.scrollIntoView({ block: 'nearest' });
  if (option) input.setAttribute('aria-activedescendant', option.id);
  else input.removeAttribute('aria-activedescendant');
}

function step(by) {
  const all = options();
  if (all.length) choose(all[(all.indexOf(chosen()) + by + all.length) % all.length]);
}

function act(event) {
  const option = chosen();
  if (!option) return; // the form leads to the search page
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) window.open(option.href);
  else option.click();
}

// At the end of what is typed: what can be done with the record. Typing brings the list back.
function more(event) {
  const { of } = chosen()?.dataset ?? {};
  if (!of || input.selectionEnd < input.value.length) return;
  event.preventDefault();
  const url = new URL(input.getAttribute('hx-get'), location.href);
  url.searchParams.set('of', of);
  htmx.ajax('GET', url.href, { target: list, source: list, swap: 'innerHTML' });
}

const KEYS = { ArrowDown: () => step(1), ArrowUp: () => step(-1) };

document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-palette]');
  if (!opener) return;
  event.preventDefault();
  palette.showModal();
  input.select();
  htmx.trigger(input, 'opened');
});

input.addEventListener('keydown', (event) => {
  if (event.key === 'Enter') act(event);
  if (event.key === 'ArrowRight') more(event);
  if (!KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

list.addEventListener('htmx:afterSwap', () => {
  choose(options()[0]);
  const count = options().length;
  live.textContent = count === 1 ? '1 result' : `${count} results`;
});

palette.addEventListener('click', (event) => {
  if (event.target === palette) palette.close();
});
